import { onFailure } from "../model/failure.ts";
import type { Secret } from "../model/secret.ts";
import { storeVariables } from "../model/variables.ts";
import type { System } from "../system/system.ts";
import { refusal, serveHttp } from "./http_server.ts";

export interface OneTimeRedirect extends AsyncDisposable {
  readonly url: string;
  /** Resolves after the redirect was sent. */
  readonly followed: Promise<void>;
}

/**
 * A loopback URL that redirects a browser to a secret URL. Opening a browser puts the URL in an argument
 * list, which every user of this machine can read. So athm opens this one: it is unguessable, works
 * once, and on Linux only for processes of the same user.
 */
export function oneTimeRedirect(system: System, target: Secret): OneTimeRedirect {
  const listener = system.listen({ hostname: "127.0.0.1", port: 0 });
  const path = `/${system.random(16).toHex()}`;
  const host = `127.0.0.1:${listener.port}`;
  const { promise: followed, resolve } = Promise.withResolvers<void>();
  let used = false;
  const server = serveHttp(listener, async ({ method, target: asked, headers }, peerPort) => {
    if (headers.get("host") !== host || asked !== path) {
      return refusal(404, "NotFound", "not found");
    }
    if (method !== "GET") return refusal(405, "MethodNotAllowed", "only GET is supported");
    if (used) return refusal(410, "Gone", "this link was already used; run athm aws login again");
    if (!await isOwn(system, listener.port, peerPort)) {
      return refusal(403, "OtherUser", "this link belongs to another user of this machine");
    }
    // A concurrent request may have been first.
    if (used) return refusal(410, "Gone", "this link was already used; run athm aws login again");
    used = true;
    const body = { message: "signing in" };
    return { status: 303, body, location: target.reveal(), sent: resolve };
  });
  return {
    url: `http://${host}${path}`,
    followed,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/**
 * False if the peer of a loopback connection belongs to another user, which only Linux shows. Accepts
 * root, because under WSL root owns the process that forwards connections from Windows browsers.
 */
async function isOwn(
  { platform, children, trace }: System,
  port: number,
  peerPort: number,
): Promise<boolean> {
  if (platform !== "linux") return true;
  const table = await socketTable(children);
  const own = ownerOf(table, (local, _remote, state) => local === port && state === listening);
  const theirs = ownerOf(
    table,
    (local, remote, state) => local === peerPort && remote === port && state === established,
  );
  trace("loopback peer", { known: own !== undefined && theirs !== undefined });
  // If the table cannot be read, as in some sandboxes, the unguessable URL is the only protection.
  return own === undefined || theirs === own || theirs === "0";
}

/** Socket states in `/proc/net/tcp`. */
const established = "01";
const listening = "0A";

/** Reads Linux's socket table with `cat`, since Deno denies athm access to /proc; empty on failure. */
async function socketTable({ help }: System["children"]): Promise<string> {
  const outcome = await help({
    command: "cat",
    args: ["/proc/net/tcp"],
    set: {},
    unset: storeVariables,
    seconds: 5,
    bytes: 4 * 1024 * 1024,
    quiet: true,
  }).catch(onFailure(undefined));
  return outcome?.stdout ?? "";
}

function ownerOf(
  table: string,
  fits: (localPort: number, remotePort: number, state: string) => boolean,
): string | undefined {
  for (const line of table.split("\n")) {
    const [, local = "", remote = "", state = "", , , , uid] = line.trim().split(/\s+/);
    if (!local.startsWith("0100007F:")) continue;
    const [localPort = 0, remotePort = 0] = [local, remote].map((each) =>
      parseInt(each.slice(each.indexOf(":") + 1), 16)
    );
    if (fits(localPort, remotePort, state)) return uid;
  }
  return undefined;
}
