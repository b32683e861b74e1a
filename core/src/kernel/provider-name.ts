/** What a plugin provides goes by the plugin's id in the preset, with a name behind it where it provides several: `web/search`. */

export function providerName(plugin: string, name: string | undefined): string {
  return name === undefined ? plugin : `${plugin}/${name}`;
}

/** The id of the plugin that provides it. */
export function pluginOf(provider: string): string {
  return provider.split("/", 1)[0] ?? provider;
}
