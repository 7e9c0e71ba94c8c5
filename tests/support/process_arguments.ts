/**
 * Watches what the processes of a group have in their argument lists, which every user can read.
 *
 * @module
 */

/** Milliseconds between two looks. A helper that lives shorter may be missed in one run, not in all. */
const interval = 15;

export interface ArgumentWatch {
  /** Stops, and returns every argument list that was seen, without the first process's own. */
  stop(): string[];
}

/** Begins to watch the group that `leader` leads; sees nothing where there is no `/proc`. */
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

/** Processes of the group, found from parent to child: the whole of `/proc` is long. */
function members(leader: number): number[] {
  const found = [leader];
  for (const pid of found) {
    // A child is listed with the thread that started it.
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
