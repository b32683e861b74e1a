/** What generated pages are made of. */

/** @param from where the page's content stands */
export function generated(from) {
  return `<!-- Written by \`npm run docs\` from ${from}: change it there. -->`;
}

/** Text that stays inside its table cell. */
export function cell(text) {
  return text
    .replaceAll("|", "\\|")
    .replace(/\s+/g, " ")
    .replace(/<(?=[a-z/])/gi, "&lt;");
}

export function code(text) {
  const fence = text.includes("`") ? "``" : "`";
  return cell(`${fence}${text}${fence}`);
}

/** A page of these lines. */
export function lines(list) {
  return `${list.join("\n").trimEnd()}\n`;
}

/** `integer, ≥ 1`; values in code. @param type as `describedValues` has it */
export function typeCell(type) {
  return cell(type.replaceAll(" | ", ", ").replace(/"[^"]*"/g, "`$&`"));
}
