// What identifies a terminal: nothing that another terminal, or a later process, could have too.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { Failure } from "../../src/model/failure.ts";
import type { HelperSpec } from "../../src/system/children.ts";
import { onLinux, onMac, terminalId } from "../../src/system/terminal_id.ts";

const boot = "2a5c7d94-dfaf-45d0-9860-318af0f1bf97";
const group = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-code-1.scope";

/** A line of /proc/PID/stat. */
function stat(pid: number, name: string, session: number, tty: number, start: number): string {
  const others = "-1 4194560 10463 144647 0 6 2 6 134 43 20 0 1 0";
  return `${pid} (${name}) S 1 ${pid} ${session} ${tty} ${others} ${start} 5386240 1007`;
}

function linux({ session = 500, tty = 34816, start = 1430789, leader = "bash", own = "sh" } = {}) {
  return [stat(700, own, session, tty, 99), stat(session, leader, session, tty, start), boot, group]
    .join("\n");
}

Deno.test("terminal id: on Linux, a session with its start, and the terminal", () => {
  assert.equal(onLinux(linux()), `linux ${boot} 500 1430789 34816`);
  // A program's name may contain anything, also what looks like other fields.
  assert.equal(onLinux(linux({ leader: "a) S 1 2 3 4 (b", own: ") S 1 1 1 1" })), onLinux(linux()));
  const others = [{ session: 501 }, { start: 1430790 }, { tty: 34817 }];
  for (const other of others) assert.notEqual(onLinux(linux(other)), onLinux(linux()));
});

Deno.test("terminal id: without a terminal, the session and its application", () => {
  assert.equal(onLinux(linux({ tty: 0 })), `linux ${boot} 500 1430789 ${group}`);
});

Deno.test("terminal id: what Linux does not tell is nothing, not a guess", () => {
  const [own = "", first = "", , end = ""] = linux().split("\n");
  const wrong = [
    "",
    own, // the session's first process has ended
    [own, stat(501, "bash", 501, 34816, 1), boot, end].join("\n"),
    [own, first, "", end].join("\n"),
    linux({ session: 0 }), // outside of the container
    "x".repeat(100),
  ];
  for (const text of wrong) assert.equal(onLinux(text), undefined, text);
});

const mac = `
    1     0 ??       Thu Nov 26 08:00:00 2026
  300     1 ??       Thu Nov 26 08:10:00 2026
  301   300 ttys001  Thu Nov 26 08:10:05 2026
  302   301 ttys001  Thu Nov 26 08:10:06 2026
  303   302 ttys001  Thu Nov 26 09:00:00 2026
  304   300 ttys002  Thu Nov 26 08:11:00 2026
  400     1 ??       Thu Nov 26 08:20:00 2026
  401   400 ??       Thu Nov 26 08:21:00 2026
  402   401 ??       Thu Nov 26 08:22:00 2026
  500   999 ??       Thu Nov 26 08:22:00 2026
`;

Deno.test("terminal id: on macOS, the terminal's first process, or the application", () => {
  assert.equal(onMac(mac, 303), "darwin ttys001 301 Thu Nov 26 08:10:05 2026");
  assert.equal(onMac(mac, 302), onMac(mac, 303));
  assert.equal(onMac(mac, 304), "darwin ttys002 304 Thu Nov 26 08:11:00 2026");
  assert.equal(onMac(mac, 402), "darwin 400 Thu Nov 26 08:20:00 2026");
  for (const pid of [500, 12345]) assert.equal(onMac(mac, pid), undefined);
  assert.equal(onMac("", 1), undefined);
});

Deno.test("terminal id: asks only programs at fixed places, and never on Windows", async () => {
  const asked: HelperSpec[] = [];
  const help = (spec: HelperSpec) => {
    asked.push(spec);
    return Promise.resolve({ code: 0, stdout: spec.command === "/bin/ps" ? mac : linux() });
  };
  assert.equal(await terminalId("windows", { help }, 303), undefined);
  assert.match(await terminalId("linux", { help }, 303) ?? "", /^linux /);
  assert.match(await terminalId("darwin", { help }, 303) ?? "", /^darwin /);
  assert.deepEqual(asked.map(({ command }) => command), ["/bin/sh", "/bin/ps"]);
  const missing = () => Promise.reject(new Failure("command-not-found", "no"));
  assert.equal(await terminalId("linux", { help: missing }, 303), undefined);
});

Deno.test({
  name: "terminal id: no function in the environment answers for another terminal",
  ignore: Deno.build.os !== "linux" || !existsSync("/bin/bash"),
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const sh = `${folder}/sh`;
      await Deno.symlink("/bin/bash", sh); // as on the systems whose sh is bash
      const env = { "BASH_FUNC_read%%": "() { own=7; }", "BASH_FUNC_printf%%": "() { echo 7; }" };
      const help = async ({ args }: HelperSpec) => {
        const { stdout } = await new Deno.Command(sh, { args: [...args], env }).output();
        const text = new TextDecoder().decode(stdout);
        assert.match(text, /^\d+ \(sh\) S?R? /);
        return { code: 0, stdout: text };
      };
      await terminalId("linux", { help }, Deno.pid);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "terminal id: on this machine, the same for a child and another for a new session",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // In sessions of their own: this test's may have lost its first process.
    const twice = async (spec: HelperSpec): Promise<readonly string[]> => {
      const { stdout } = await new Deno.Command("setsid", {
        args: ["-w", "sh", "-c", '"$@"; printf "\\0"; "$@"', "sh", spec.command, ...spec.args],
      }).output();
      return new TextDecoder().decode(stdout).split("\0");
    };
    const asked: string[] = [];
    const idsOfSession = async () => {
      const ids: (string | undefined)[] = [];
      let both: readonly string[] | undefined;
      const help = async (spec: HelperSpec) => {
        both ??= await twice(spec);
        const stdout = both[ids.length] ?? "";
        asked.push(stdout);
        return { code: 0, stdout };
      };
      for (let at = 0; at < 2; at++) ids.push(await terminalId("linux", { help }, Deno.pid));
      return ids;
    };
    const [id, again] = await idsOfSession();
    const [other] = await idsOfSession();
    assert.match(id ?? "", /^linux [0-9a-f-]{36} \d+ \d+ /);
    assert.match(other ?? "", /^linux /);
    assert.equal(again, id);
    assert.notEqual(other, id);
    assert.equal(new Set(asked).size, 4, "each lookup is another process");
  },
});
