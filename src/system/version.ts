import settings from "../../deno.json" with { type: "json" };
import type { System } from "./system.ts";

/** scripts/bundle.ts replaces this text by the commit, so it must occur once in a bundle. */
const origin = "run from source";

export function versionText({ versions }: System): string {
  return `athm ${settings.version} (${origin}, deno ${versions.deno}, v8 ${versions.v8})\n`;
}
