import { oneTimeRedirect } from "../../../delivery/one_time_redirect.ts";
import { Failure, usage } from "../../../model/failure.ts";
import { nameKey, parseName } from "../../../model/names.ts";
import type { Secret } from "../../../model/secret.ts";
import type { Option } from "../../../line/command.ts";
import type { Values } from "../../../line/values.ts";
import { browserFolder } from "../../../session/sign_in/browser_traces.ts";
import { type BrowserFamily, findBrowser } from "../../../signin/find_browser.ts";
import { refuseOpenFolder, storeHome } from "../../../store/files/home.ts";
import type { Opener } from "../../../system/browser.ts";
import { hasDesktop } from "../../../system/dialog.ts";
import type { System } from "../../../system/system.ts";

export const deliveryOptions: readonly Option[] = [
  { name: "print", help: "print the URL instead; anyone who has it is signed in for 15 minutes" },
  { name: "copy", help: "copy the URL to the clipboard instead" },
  {
    name: "in",
    value: "NAME|auto",
    help: "open a browser profile of this name (auto: one per account), with its own cookies; " +
      "firefox:NAME opens a container of Firefox",
  },
];

/** A URL that signs in to the console of an account, as a profile. */
export interface ConsoleLink {
  readonly url: Secret;
  readonly account: string;
  readonly profile: string;
}

/** Milliseconds for a browser to request the page it was opened with. */
const patience = 60_000;

/** What to do with the page, as the options say. @throws {Failure} before anything is requested */
export function deliveryOf(
  values: Values,
  system: System,
): (page: ConsoleLink) => Promise<number> {
  const [way, other] = deliveryOptions.map(({ name }) => name).filter((name) => values.has(name));
  if (other !== undefined) throw usage(`--${way} and --${other} cannot be combined`);
  if (way === "print") return ({ url }) => Promise.resolve(print(system, url));
  if (way === "copy") return (page) => copied(system, page);
  const place = values.text("in");
  if (place === undefined) return (page) => openedAnywhere(system, page);
  const [, container, name = ""] = /^(firefox:)?(.*)$/s.exec(place) ?? [];
  parseName(name, container ? "container name" : "browser profile name");
  if (!hasDesktop(system.platform, system.env)) {
    throw new Failure("needs-person", "--in requires a desktop", "use --print instead");
  }
  return (page) => openedIn(system, page, container ? "firefox" : "chromium", name);
}

function print(system: System, url: Secret): number {
  system.out(`${url.reveal()}\n`);
  return 0;
}

async function copied(system: System, { url }: ConsoleLink): Promise<number> {
  const { copyToClipboard } = await import("../../../system/clipboard.ts");
  await copyToClipboard(system, url);
  system.say("athm: copied the URL; anyone who has it is signed in for 15 minutes");
  return 0;
}

async function openedAnywhere(system: System, page: ConsoleLink): Promise<number> {
  if (await system.browser.isThere() && await followed(system, page.url)) {
    system.say(`athm: opening the console of ${page.account} as ${page.profile}`);
    return 0;
  }
  if (!system.terminal.stdoutIsTerminal) {
    throw new Failure(
      "needs-person",
      "no browser available",
      "use --print to print the URL; anyone who has it is signed in",
    );
  }
  system.say("athm: could not open a browser; open this URL within 15 minutes");
  system.say("athm: warning: anyone who has this URL is signed in: do not share it");
  return print(system, page.url);
}

async function openedIn(
  system: System,
  { url, account, profile }: ConsoleLink,
  family: BrowserFamily,
  place: string,
): Promise<number> {
  const name = place === "auto" ? account : place;
  const command = await findBrowser(system, { family, otherwise: "use --print instead" });
  const args = family === "firefox" ? inContainer(name) : inProfile(system, name);
  // Before waiting: without the extension, Firefox shows an error and athm sees nothing.
  const where = family === "firefox"
    ? `Firefox container ${name}, which requires the extension ${extension}`
    : `browser profile ${name}`;
  system.say(`athm: opening the console of ${account} as ${profile} in the ${where}`);
  if (!await followed(system, url, (address) => [[command, ...args(address)]])) {
    throw new Failure(
      "source",
      `${command} did not open the page`,
      family === "firefox"
        ? `install the Firefox extension ${extension}, or use --print instead`
        : "check that it starts manually, set ATHM_BROWSER to another browser, or use --print instead",
    );
  }
  return 0;
}

const extension = "Granted Containers";

/** The link that granted's extension for Firefox opens in a container, which it makes if needed. */
function inContainer(name: string): (address: string) => readonly string[] {
  return (address) => [`ext+granted-containers:name=${name}&url=${encodeURIComponent(address)}`];
}

/** A user-data folder of Chromium's: cookies that are signed in to the account, so it is private. */
function inProfile(system: System, name: string): (address: string) => readonly string[] {
  const { files } = system;
  const home = storeHome(system);
  const folder = browserFolder(system, home, `console-${nameKey(name)}`);
  files.makeFolder(folder, 0o700);
  refuseOpenFolder(system, home, folder);
  const quiet = ["--no-first-run", "--no-default-browser-check"];
  return (address) => [`--user-data-dir=${folder}`, ...quiet, address];
}

/** True once a browser has fetched the address. */
async function followed(
  system: System,
  url: Secret,
  openersOf?: (address: string) => readonly Opener[],
): Promise<boolean> {
  await using page = oneTimeRedirect(system, url);
  if (!await system.browser.open(page.url, openersOf)) return false;
  const stop = new AbortController();
  const late = system.sleep(patience, stop.signal).then(() => false, () => false);
  try {
    return await Promise.race([page.followed.then(() => true), late]);
  } finally {
    stop.abort();
  }
}
