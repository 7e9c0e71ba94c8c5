import { Failure } from "../model/failure.ts";
import { storeVariables } from "../model/variables.ts";
import type { Platform, System } from "../system/system.ts";

export type BrowserFamily = "chromium" | "firefox";

/** Browsers in order of preference: names on PATH, or paths. Those of Chromium have DevTools. */
const places: Readonly<Record<BrowserFamily, Readonly<Record<Platform, readonly string[]>>>> = {
  chromium: {
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
  },
  firefox: {
    linux: ["firefox", "firefox-esr", "firefox-developer-edition", "librewolf"],
    darwin: [
      "/Applications/Firefox.app/Contents/MacOS/firefox",
      "/Applications/Firefox Developer Edition.app/Contents/MacOS/firefox",
      "/Applications/LibreWolf.app/Contents/MacOS/librewolf",
    ],
    windows: [
      "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
      "C:\\Program Files\\Firefox Developer Edition\\firefox.exe",
      "C:\\Program Files\\LibreWolf\\librewolf.exe",
    ],
  },
};

const titles = { chromium: "Chrome, Edge, Brave or Chromium", firefox: "Firefox" };

/** Paths of Firefox and what is built from it. */
const isFirefox = (path: string) => /(?:firefox|librewolf|waterfox|floorp|zen)[^\\/]*$/i.test(path);

/** Prints the path of its first executable argument. */
const firstThere = 'for each do command -v "$each" && exit; done; exit 1';

/**
 * The person's browser of a family: `ATHM_BROWSER` if it is one, else the first installed one.
 *
 * @param wanted.otherwise the other way, for the hint
 * @throws {Failure} `source` if there is none.
 */
export async function findBrowser(
  { env, platform, files, children }: Pick<System, "env" | "platform" | "files" | "children">,
  { family, otherwise }: { readonly family: BrowserFamily; readonly otherwise: string },
): Promise<string> {
  const named = env.get("ATHM_BROWSER");
  const own = named && isFirefox(named) === (family === "firefox") ? named : undefined;
  const candidates = own ? [own] : places[family][platform];
  if (platform === "windows") {
    const local = env.get("LOCALAPPDATA");
    const perUser = local && !own && family === "chromium"
      ? [`${local}\\Google\\Chrome\\Application\\chrome.exe`]
      : [];
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
      : `no ${titles[family]} found`,
    `set ATHM_BROWSER to the path of one, or ${otherwise}`,
  );
}
