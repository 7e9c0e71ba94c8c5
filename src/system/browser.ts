import { isLoopback } from "../model/endpoint.ts";
import { Failure } from "../model/failure.ts";
import type { Environment, Platform } from "./machine.ts";

/** The person's web browser. */
export interface Browser {
  /**
   * True where a browser that athm opens would be seen by the person: there is a desktop and it is not
   * another machine's, or the variable BROWSER names a program.
   */
  isThere(): Promise<boolean>;
  /**
   * Has the system open an address, and does not wait for the browser's end. False when there is
   * nothing that would: say the address then.
   *
   * The address stands in the opener's argument list, where every user of this machine can read it: it
   * may carry what is made to be seen (`state`, a code challenge), never what is good by, such
   * as a sign-in token. Such a one is fetched from athm's own loopback page instead.
   *
   * @throws {Failure} `source` when the address is neither https nor http to this machine.
   */
  open(url: string): Promise<boolean>;
}

/** A program that opens an address, with its arguments. */
export type Opener = readonly [command: string, ...args: string[]];

/** Characters of the longest address: Windows takes command lines of 32,767. */
const longestAddress = 16_384;

/**
 * The address as it is handed to an opener: without spaces, quotes and control characters, which an
 * opener that is a shell script could take apart.
 *
 * @throws {Failure} `source`; nothing of the address is quoted.
 */
export function checkedAddress(text: string): string {
  const url = URL.parse(text);
  const isSafe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && isLoopback(url.hostname));
  const good = url && isSafe && !url.username && !url.password;
  // URL writes most of them as %XX; a fragment keeps some.
  const address = url?.href.replace(/[\s"'`<>\\^{|}]/g, encodeURIComponent) ?? "";
  if (good && address.length <= longestAddress) return address.replaceAll("'", "%27");
  throw new Failure(
    "source",
    "the URL to open is not https",
  );
}

/**
 * What opens an address on this system, in the order to try. The variable BROWSER, known from xdg-open,
 * is a list of commands between colons; `%s` in one is the address.
 */
export function openers(platform: Platform, env: Environment, address: string): Opener[] {
  if (platform === "windows") return [["rundll32.exe", "url.dll,FileProtocolHandler", address]];
  const own = (env.get("BROWSER") ?? "").split(":").flatMap((command) => {
    const words = command.split(/[ \t]+/).filter(Boolean);
    const filled = words.map((word) => word.replaceAll("%s", () => address));
    const [program, ...args] = words.some((word) => word.includes("%s"))
      ? filled
      : [...words, address];
    return words.length && program !== undefined ? [[program, ...args] as const] : [];
  });
  if (platform === "darwin") return [...own, ["open", address]];
  const windows: Opener[] = isWsl(env)
    ? [["wslview", address], ["rundll32.exe", "url.dll,FileProtocolHandler", address]]
    : [];
  return [...own, ...windows, ["xdg-open", address]];
}

/** {@link Browser.isThere} of a system with these variables. */
export function hasBrowser(platform: Platform, env: Environment): boolean {
  if (platform !== "windows" && env.get("BROWSER")) return true;
  // A browser would open on the screen of the machine that was logged in to, which nobody looks at.
  if (["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].some((name) => env.get(name))) return false;
  return platform !== "linux" || isWsl(env) ||
    Boolean(env.get("DISPLAY") || env.get("WAYLAND_DISPLAY"));
}

/** Linux inside Windows, whose browser opens addresses of both. */
function isWsl(env: Environment): boolean {
  return Boolean(env.get("WSL_DISTRO_NAME"));
}
