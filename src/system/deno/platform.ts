import type { Platform } from "../system.ts";

export const platform: Platform = Deno.build.os === "windows" || Deno.build.os === "darwin"
  ? Deno.build.os
  : "linux";
export const separator = platform === "windows" ? "\\" : "/";
