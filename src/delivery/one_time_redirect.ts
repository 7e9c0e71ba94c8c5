import { Failure } from "../model/failure.ts";
import type { Secret } from "../model/secret.ts";
import { storeVariables } from "../model/variables.ts";
import type { System } from "../system/system.ts";
import { refusal, serveHttp } from "./http_server.ts";

/** A page of this machine's own that leads on, once. */
export interface OneTimeRedirect extends AsyncDisposable {
  readonly url: string;
  /** Resolves when it was followed. */
  readonly followed: Promise<void>;
}

/**
 * A loopback address that leads a browser to a secret one. What opens a browser has the address in its
 * argument list, where every user of this machine reads it: so it is this one, which nobody can guess,
 * which leads on once, and where the system tells (Linux), only a program of the same user.
 */
export function oneTimeRedirect(system: System, target: Secret): OneTimeRedirect {
  const listener = system.listen({ hostname: "127.0.0.1", port: 0 });
  const path = `/${system.random(16).toHex()}`;
  const host = `127.0.0.1:${listener.port}`;
  const { promise: followed, resolve } = Promise.withResolvers<void>();
  let used = false;
  const server = serveHttp(listener, async ({ method, target: asked, headers }, peerPort) => {
    if (headers.get("host") !== host || asked !== path) {
      return refusal(404, "NotFound", "there is nothing at this path");
    }
    if (method !== "GET") return refusal(405, "MethodNotAllowed", "only GET is answered");
    if (used) return refusal(410, "Gone", "this address was used; run athm aws login again");
    if (!await isOwn(system, listener.port, peerPort)) {
      return refusal(403, "OtherUser", "this address is for another user of this machine");
    }
    // Asked twice at once, the second is late.
    if (used) return refusal(410, "Gone", "this address was used; run athm aws login again");
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
 * True unless the system says that the other side of a connection is another user's, as Linux does for
 * those within the machine. Root may be anybody, and is the forwarder of Windows' browsers under WSL.
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
  // Where the table cannot be read, as in some sandboxes, the address is all the protection there is.
  return own === undefined || theirs === own || theirs === "0";
}

/** States of a socket, as Linux's table has them. */
const established = "01";
const listening = "0A";

/** Linux's table of sockets, which athm has no permission to open itself; empty where there is none. */
async function socketTable({ help }: System["children"]): Promise<string> {
  try {
    const { stdout } = await help({
      command: "cat",
      args: ["/proc/net/tcp"],
      set: {},
      unset: storeVariables,
      seconds: 5,
      bytes: 4 * 1024 * 1024,
      quiet: true,
    });
    return stdout;
  } catch (error) {
    if (error instanceof Failure) return "";
    throw error;
  }
}

/** The user number of the loopback socket that fits. */
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
