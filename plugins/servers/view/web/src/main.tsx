/** Starts the web app. */
import "@mantine/core/styles.css";
import "uplot/dist/uPlot.min.css";
import "./app.css";
import { createTheme, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { askAhead } from "./asked-ahead.ts";

const SYSTEM_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const theme = createTheme({
  fontFamily: SYSTEM_FONT,
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  headings: { fontFamily: SYSTEM_FONT, fontWeight: "600" },
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 5 },
  defaultRadius: "sm",
  cursorType: "pointer",
});

/** A loopback server that refuses once refuses again; one that is away is asked by the next look. */
const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 2000, refetchOnWindowFocus: false } } });

const nonce = document.querySelector<HTMLMetaElement>("meta[name=style-nonce]")?.content ?? "";

await askAhead(client, window.location.pathname);

createRoot(document.getElementById("app") as HTMLElement).render(
  <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </MantineProvider>,
);
