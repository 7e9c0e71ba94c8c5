import { Failure } from "../model/failure.ts";
import type { Children, HelperSpec } from "./children.ts";
import type { Platform } from "./machine.ts";

type Help = Pick<Children, "help">;

/**
 * Identifies the terminal that the process `pid` runs in: its session, by the session's first
 * process and the time at which that started, so that no later process is mistaken for it. Without a
 * terminal, the programs of the same session and, where systemd runs applications, of the same
 * application. Nothing on Windows, which names no such thing without PowerShell's help.
 */
export async function terminalId(
  platform: Platform,
  children: Help,
  pid: number,
): Promise<string | undefined> {
  try {
    if (platform === "linux") return onLinux(await printed(children, linux));
    return platform === "darwin" ? onMac(await printed(children, mac), pid) : undefined;
  } catch (error) {
    // Not known: athm then asks each time.
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

type Lookup = Pick<HelperSpec, "command" | "args">;

/**
 * Deno denies athm access to /proc. A shell that athm starts is in the same session. Only built-in
 * commands: others could be replaced through PATH, and these by functions that bash takes from the
 * environment, except `unset` and `set`.
 */
const linux: Lookup = {
  command: "/bin/sh",
  args: [
    "-c",
    'unset -f read printf; read -r own </proc/self/stat && set -- $own && printf "%s\\n" "$own" && ' +
    'for file in "/proc/$6/stat" /proc/sys/kernel/random/boot_id /proc/self/cgroup; do ' +
    'read -r line <"$file" && printf "%s\\n" "$line"; done',
  ],
};

const mac: Lookup = { command: "/bin/ps", args: ["-axo", "pid=,ppid=,tty=,lstart="] };

async function printed(children: Help, asked: Lookup): Promise<string> {
  const limits = { seconds: 5, bytes: 1024 * 1024 };
  const set = { LC_ALL: "C" };
  const { stdout } = await children.help({ ...asked, ...limits, set, unset: [], quiet: true });
  return stdout;
}

/**
 * Lines of `/proc`: the shell's and the first process's status, the boot, and the shell's control
 * group. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function onLinux(text: string): string | undefined {
  const [own = "", first = "", boot = "", group = ""] = text.split("\n");
  const [session, tty] = [fieldOf(own, 6), fieldOf(own, 7)];
  const started = fieldOf(first, 22);
  // The number 0 is a process outside of this container.
  if (!session || session === "0" || !first.startsWith(`${session} `)) return undefined;
  if (!tty || !started || !/^[0-9a-f-]{36}$/.test(boot)) return undefined;
  return ["linux", boot, session, started, tty === "0" ? group : tty].join(" ");
}

/** A field by its number in the manual. The second is the program's name, which may be anything. */
function fieldOf(stat: string, number: number): string | undefined {
  const rest = stat.slice(stat.lastIndexOf(")") + 1).trim().split(" ");
  const value = rest[number - 3];
  return value !== undefined && /^-?\d+$/.test(value) ? value : undefined;
}

/** The oldest process of the terminal; without one, the ancestor that launchd started. */
export function onMac(text: string, pid: number): string | undefined {
  const all = text.split("\n").flatMap((line) => {
    const [, id, parent, tty = "", start = ""] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S.*\S)\s*$/.exec(line) ?? [];
    const at = Date.parse(start);
    return id === undefined || Number.isNaN(at) ? [] : [{ id, parent, tty, start, at }];
  });
  const byId = new Map(all.map((each) => [each.id, each]));
  const own = byId.get(`${pid}`);
  if (!own) return undefined;
  if (/^tty/.test(own.tty)) {
    const [first = own] = all.filter(({ tty }) => tty === own.tty)
      .sort((a, b) => a.at - b.at || Number(a.id) - Number(b.id));
    return ["darwin", own.tty, first.id, first.start].join(" ");
  }
  let top = own;
  for (const seen = new Set([own.id]); top.parent !== "1";) {
    const above = byId.get(top.parent ?? "");
    if (!above || seen.has(above.id)) return undefined;
    seen.add(above.id);
    top = above;
  }
  return ["darwin", top.id, top.start].join(" ");
}
