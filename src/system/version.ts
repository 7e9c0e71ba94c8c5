import settings from "../../deno.json" with { type: "json" };
import type { System } from "./system.ts";

/** scripts/bundle.ts puts the commit here, so a bundle must hold these words once. */
const origin = "run from source";

/** What `--version` prints: athm's version, what it was made from, and what it runs on. */
export function versionText({ versions }: System): string {
  return `athm ${settings.version} (${origin}, deno ${versions.deno}, v8 ${versions.v8})\n`;
}
