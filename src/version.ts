import settings from "../deno.json" with { type: "json" };
import type { System } from "./system/system.ts";

/** What `--version` prints. */
export function versionText({ versions }: System): string {
  return `athm ${settings.version} (deno ${versions.deno}, v8 ${versions.v8})\n`;
}
