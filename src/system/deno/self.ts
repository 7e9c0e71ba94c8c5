import { platform, separator } from "./platform.ts";

/** {@link System.selfCommand} of this process. */
export function selfCommand(): readonly string[] {
  const program = Deno.execPath();
  if (Deno.build.standalone) return [onPath(program) ?? program];
  const main = decodeURIComponent(new URL(Deno.mainModule).pathname).replace(/^\/(?=[A-Z]:)/, "");
  const config = main.replace(/[^/]*$/, "deno.json");
  return [program, "run", "-q", "-P", "--no-prompt", "--config", config, main];
}

/**
 * The name by which the shell finds this program, where that is another path: package managers keep
 * each version in a folder of its own, which the next version takes away, and a link to it on PATH.
 */
function onPath(program: string): string | undefined {
  const [name, between] = platform === "windows" ? ["athm.exe", ";"] : ["athm", ":"];
  for (const folder of (Deno.env.get("PATH") ?? "").split(between)) {
    if (!/^([A-Za-z]:)?[\\/]/.test(folder)) continue;
    const path = folder.replace(/[\\/]+$/, "") + separator + name;
    try {
      if (Deno.realPathSync(path) === program) return path;
    } catch {
      // There is none in this folder.
    }
  }
  return undefined;
}
