/** The tools of a request: functions, flat or wrapped; custom tools; those of the server by their type; whole namespaces. */
import type { JsonObject, JsonValue, ToolDefinition } from "@autotraj/core/plugin";
import { customTool, isObject, listAt, scalarText, toolsAt } from "@autotraj/core/rows";
import { qualified } from "./calls.ts";

/** Tools of an MCP server are in an item of their own (`mcp_list_tools`); the request only names the server. */
export function toolsOf(raw: JsonValue | undefined, path: string): readonly ToolDefinition[] {
  return listAt(raw, path).flatMap((value, index) => {
    const place = `${path}[${index}]`;
    if (!isObject(value)) return toolsAt([value], place);
    const { type } = value;
    if (type === "mcp") return [];
    if (type === "namespace") return inNamespace(value, place);
    if (type === "custom") return [customTool(isObject(value["custom"]) ? value["custom"] : value, place)];
    const hasName = value["name"] !== undefined || value["function"] !== undefined || typeof type !== "string" || type === "function";
    return hasName ? toolsAt([value], place) : [{ name: hostedName(type), description: "", parameters: { type: "object", properties: {} } }];
  });
}

/** The servers whose tools were offered. */
export function mcpServers(raw: JsonValue | undefined): readonly string[] {
  if (!Array.isArray(raw)) return [];
  return raw.flatMap((tool) => (isObject(tool) && tool["type"] === "mcp" ? (scalarText(tool["server_label"]) ?? []) : []));
}

/** Tools that the items of a conversation list; undefined for other items. */
export function toolsIn(item: JsonObject, type: string, path: string): readonly ToolDefinition[] | undefined {
  return type === "mcp_list_tools" || type === "additional_tools" || type === "tool_search_output"
    ? toolsOf(item["tools"], `${path}.tools`)
    : undefined;
}

function inNamespace(namespace: JsonObject, path: string): readonly ToolDefinition[] {
  const name = scalarText(namespace["name"]);
  return toolsOf(namespace["tools"], `${path}.tools`).map((tool) => ({ ...tool, name: qualified(tool.name, name) }));
}

/** `web_search_preview_2025_03_11` is called as `web_search`. */
function hostedName(type: string): string {
  const name = type.replace(/_\d{4}_\d{2}_\d{2}$/, "").replace(/_preview$/, "");
  return name === "computer_use" ? "computer" : name;
}
