/**
 * Watches the argument lists of a process group, which every user can read.
 *
 * @module
 */

/** Polling interval in milliseconds. It may miss a short-lived helper in one run, but not in all. */
const interval = 15;

export interface ArgumentWatch {
  /** Stops, and returns every observed argument list except the first process's own. */
  stop(): string[];
}

/** Starts watching the group led by `leader`; sees nothing without `/proc`. */
export function watchArguments(leader: number): ArgumentWatch {
  const seen = new Set<string>();
  const look = () => {
    for (const pid of members(leader)) {
      if (pid !== leader) seen.add(readText(`/proc/${pid}/cmdline`).replaceAll("\0", " "));
    }
  };
  const timer = setInterval(look, interval);
  return {
    stop() {
      look();
      clearInterval(timer);
      seen.delete("");
      return [...seen];
    },
  };
}

/** The group's processes, found from parent to child, because all of `/proc` is long. */
function members(leader: number): number[] {
  const found = [leader];
  for (const pid of found) {
    // A child is listed under the thread that started it.
    for (const thread of list(`/proc/${pid}/task`)) {
      const children = readText(`/proc/${pid}/task/${thread}/children`);
      found.push(...children.split(" ").filter(Boolean).map(Number));
    }
  }
  return found;
}

function list(path: string): string[] {
  try {
    return Array.from(Deno.readDirSync(path), ({ name }) => name);
  } catch {
    return []; // as below
  }
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // it has ended, or there is no /proc
  }
}
