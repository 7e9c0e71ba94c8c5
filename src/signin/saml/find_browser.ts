import { Failure } from "../../model/failure.ts";
import { storeVariables } from "../../model/variables.ts";
import type { Platform, System } from "../../system/system.ts";

/** Browsers with the DevTools protocol, in order of preference: names on PATH, or paths. */
const places: Readonly<Record<Platform, readonly string[]>> = {
  linux: [
    "google-chrome-stable",
    "google-chrome",
    "chromium",
    "chromium-browser",
    "microsoft-edge-stable",
    "microsoft-edge",
    "brave-browser",
    "brave",
  ],
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Brave Browser.app/Contents/MacOS/Brave Browser",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  windows: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
    "C:\\Program Files\\Microsoft\\Edge\\Application\\msedge.exe",
    "C:\\Program Files\\BraveSoftware\\Brave-Browser\\Application\\brave.exe",
  ],
};

/** Prints the path of its first executable argument. */
const firstThere = 'for each do command -v "$each" && exit; done; exit 1';

/**
 * A browser that athm can drive: `ATHM_BROWSER`, else the first installed one.
 *
 * @throws {Failure} `source` if there is none.
 */
export async function findBrowser(
  { env, platform, files, children }: Pick<System, "env" | "platform" | "files" | "children">,
): Promise<string> {
  const own = env.get("ATHM_BROWSER");
  const candidates = own ? [own] : places[platform];
  if (platform === "windows") {
    const local = env.get("LOCALAPPDATA");
    const perUser = local && !own ? [`${local}\\Google\\Chrome\\Application\\chrome.exe`] : [];
    const found = [...candidates, ...perUser].find((path) => files.facts(path)?.kind === "file");
    if (found) return found;
  } else {
    const { code, stdout } = await children.help({
      command: "/bin/sh",
      args: ["-c", firstThere, "sh", ...candidates],
      set: {},
      unset: storeVariables,
      seconds: 10,
      bytes: 64 * 1024,
      quiet: true,
    });
    const path = stdout.replace(/\n$/, "");
    if (code === 0 && path.startsWith("/")) return path;
  }
  throw new Failure(
    "source",
    own
      ? `ATHM_BROWSER is ${JSON.stringify(own)}, which does not exist or is not executable`
      : "no Chrome, Edge, Brave or Chromium found",
    "set ATHM_BROWSER to the path of one, or use --saml-via form or --saml-command CMD",
  );
}
