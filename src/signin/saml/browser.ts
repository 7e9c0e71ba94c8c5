import { Failure, promptsDisabled } from "../../model/failure.ts";
import { execCommand, hint } from "../../model/hint.ts";
import type { Secret } from "../../model/secret.ts";
import type { ChildEnd } from "../../system/children.ts";
import type { HeldLock } from "../../system/files.ts";
import { hasDesktop } from "../../system/dialog.ts";
import { removeFolder, tidied } from "../../system/folder.ts";
import type { System } from "../../system/system.ts";
import { connectDevTools } from "./devtools.ts";
import { findBrowser } from "../find_browser.ts";
import { type PageShows, type Watch, watchForAssertion } from "./watch_browser.ts";

export type BrowserWorld = Pick<
  System,
  | "children"
  | "devtools"
  | "env"
  | "files"
  | "monotonic"
  | "platform"
  | "say"
  | "sleep"
  | "terminal"
  | "trace"
>;

/** Milliseconds for a person, and for a page without one. */
const patience = { person: 10 * 60_000, page: 30_000 };
/** Milliseconds of inactivity after which a page seems to wait for a person, by what it shows. */
const quiet: Readonly<Record<PageShows, number>> = { field: 500, button: 1_500, nothing: 4_000 };
/** Milliseconds between looks at a page without a window. */
const pace = 250;

/** Milliseconds of waiting for another athm's browser: between checks, before a message, at all. */
const turn = { look: 250, silent: 1000, longest: 60_000 };

const everywhere = [
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-default-apps",
  "--disable-sync",
  "--hide-crash-restore-bubble",
  "about:blank",
];

/**
 * Signs in at an identity provider in a browser with its own profile, and intercepts the request
 * with the assertion, which never reaches AWS. No window appears while the provider remembers the
 * person by cookies that outlast the browser, which athm closes.
 *
 * @param folder the private folder of the browser's profile
 * @throws {Failure} `needs-person` if a window is needed but prompts are disabled, `source`
 */
export async function signInByBrowser(
  system: BrowserWorld,
  url: string,
  folder: string,
): Promise<Secret> {
  const { files } = system;
  const otherwise = "use --saml-via form or --saml-command CMD";
  const command = await findBrowser(system, { family: "chromium", otherwise });
  const profile = files.join(folder, "profile");
  const lock = await lockOf(system, folder);
  try {
    const host = new URL(url).host;
    const isKnown = files.facts(profile) !== undefined;
    const run = (window: boolean) => runBrowser(system, { command, profile, url, window });
    const unseen = isKnown ? await run(false) : undefined;
    if (unseen) return unseen;
    if (!system.terminal.canAsk) {
      throw promptsDisabled(
        `${host} requires input in the browser`,
        hint`run ${execCommand} on a terminal to sign in; "Stay signed in" or "Remember me" there lets athm renew without a window`,
      );
    }
    if (!hasDesktop(system.platform, system.env)) {
      throw new Failure(
        "needs-person",
        `the sign-in at ${host} requires a window, but no desktop is available`,
        "sign in with --saml-via form, or on a desktop",
      );
    }
    // Keep a new browser profile only after a successful sign-in.
    const undo = () => isKnown ? undefined : tidied(system, () => removeFolder(files, profile));
    await system.terminal.tell(
      `athm: sign in to ${host} in the browser window, then athm continues; ` +
        '"Stay signed in" or "Remember me" there avoids the next window',
    );
    const seen = await run(true).catch((error) => {
      undo();
      throw error;
    });
    if (seen) return seen;
    undo();
    throw new Failure(
      "source",
      `the sign-in at ${host} was not completed within ${patience.person / 60_000} minutes`,
      "run it again",
    );
  } finally {
    lock.release();
  }
}

/**
 * Two browsers cannot use one profile: the second would hand over its page and end.
 *
 * @throws {Failure} `needs-person` after a minute if prompts are disabled: the other window may
 * stay open for long.
 */
async function lockOf(
  { files, monotonic, sleep, say, terminal }: BrowserWorld,
  folder: string,
): Promise<HeldLock> {
  const begun = monotonic();
  for (let isSaid = false;;) {
    // The previous holder may have removed it.
    files.makeFolder(folder, 0o700);
    const lock = files.tryLock(files.join(folder, "lock"));
    if (lock) return lock;
    const waited = monotonic() - begun;
    if (waited >= turn.longest && !terminal.canAsk) {
      throw new Failure(
        "needs-person",
        `another athm has had the browser open for over ${
          turn.longest / 1000
        } s, and this one has waited so long`,
        "sign in or close its window, then run this again",
      );
    }
    if (waited >= turn.silent && !isSaid) {
      say("athm: waiting for another athm process to sign in in the browser");
      isSaid = true;
    }
    await sleep(turn.look);
  }
}

interface Run {
  readonly command: string;
  readonly profile: string;
  readonly url: string;
  readonly window: boolean;
}

/**
 * The assertion; nothing if a page without a window needs a person, or times out.
 *
 * @throws {Failure} `source` if the browser ends first.
 */
async function runBrowser(
  system: BrowserWorld,
  { command, profile, url, window }: Run,
): Promise<Secret | undefined> {
  const begun = system.monotonic();
  const browser = await system.devtools.start({
    command,
    profile,
    args: window ? everywhere : ["--headless=new", ...everywhere],
  });
  const stop = new AbortController();
  try {
    const watch = watchForAssertion(url);
    const devtools = connectDevTools(browser, (event) => watch.tell(event));
    const gone = devtools.gone.then(() => "gone" as const);
    const late = window
      ? system.sleep(patience.person, stop.signal)
      : untilWanted(system, watch, stop.signal);
    const outcome = await Promise.race([
      watch.start(devtools),
      watch.closed.then(() => "closed" as const),
      gone,
      late.then(() => undefined),
    ]);
    system.trace("saml browser", {
      host: new URL(url).host,
      window,
      result: typeof outcome === "object" ? "assertion" : outcome ?? "wants a person",
      ms: Math.round(system.monotonic() - begun),
    });
    if (outcome === "gone" && !watch.isUp()) throw await neverUp(command, browser.ended);
    if (outcome === "gone" || outcome === "closed") {
      throw new Failure(
        "source",
        `the browser was closed before the sign-in at ${new URL(url).host} completed`,
        "run it again",
      );
    }
    // An orderly shutdown saves the provider's cookies.
    await Promise.race([devtools.send("Browser.close"), gone]);
    return outcome;
  } finally {
    stop.abort();
    await browser.close();
  }
}

/** Resolves once the pages wait for a person or take too long. */
async function untilWanted(
  { sleep, monotonic }: BrowserWorld,
  watch: Watch,
  signal: AbortSignal,
): Promise<void> {
  const end = monotonic() + patience.page;
  let [steps, since, shown]: [number, number, PageShows] = [0, monotonic(), "nothing"];
  while (monotonic() < end) {
    if (watch.steps() !== steps) [steps, since, shown] = [watch.steps(), monotonic(), "nothing"];
    if (steps > 0 && monotonic() - since >= quiet[shown]) return;
    const at = steps;
    // Not awaited: a busy page does not respond.
    watch.look().then((found) => {
      if (watch.steps() === at) shown = found;
    });
    await sleep(pace, signal);
  }
}

async function neverUp(command: string, ended: Promise<ChildEnd>): Promise<Failure> {
  const end = await ended;
  const how = end.kind === "exit" ? `exit code ${end.code}` : `signal ${end.number}`;
  return new Failure(
    "source",
    `the browser ${command} exited immediately (${how})`,
    "check that it starts manually, set ATHM_BROWSER to another browser, or use --saml-via form",
  );
}
