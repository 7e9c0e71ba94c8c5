import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import type { HelperOutput, HelperSpec } from "../../src/system/children.ts";
import { allowedInWindow, askInWindow, hasDesktop } from "../../src/system/dialog.ts";
import type { Platform } from "../../src/system/system.ts";
import { failsAs } from "../support/session_world.ts";

/** A machine with these programs installed, and each one's result. */
function machine(installed: Readonly<Record<string, HelperOutput>>) {
  const asked: HelperSpec[] = [];
  const help = (spec: HelperSpec) => {
    asked.push(spec);
    const output = installed[spec.command];
    return output
      ? Promise.resolve(output)
      : Promise.reject(new Failure("command-not-found", `"${spec.command}" not found`));
  };
  const ask = (platform: Platform) => askInWindow(platform, { help }, ["ATHM_KEY"], "The code?");
  const allows = (platform: Platform, question = "May it?") =>
    allowedInWindow(platform, { help }, ["ATHM_KEY"], question);
  return { asked, ask, allows };
}

const typed: HelperOutput = { code: 0, stdout: "123456\n" };
const closed: HelperOutput = { code: 1, stdout: "" };

Deno.test("dialog: each system's own program prompts and answers through a pipe", async () => {
  const table: readonly (readonly [Platform, string])[] = [
    ["linux", "zenity"],
    ["linux", "kdialog"],
    ["darwin", "osascript"],
    ["windows", "powershell.exe"],
  ];
  for (const [platform, program] of table) {
    const { ask, asked } = machine({ [program]: typed });
    assert.equal(await ask(platform), "123456", program);
    const spec = asked.at(-1);
    assert.equal(spec?.command, program);
    assert.ok(spec.unset.includes("ATHM_KEY") && spec.input === undefined);
    const all = [...spec.args, ...Object.values(spec.set)].join("\n");
    assert.ok(all.includes("The code?"), all);
  }
});

Deno.test("dialog: on Windows, the question is not part of the PowerShell code", async () => {
  const { ask, asked } = machine({ "powershell.exe": typed });
  await ask("windows");
  assert.ok(!asked[0]?.args.join(" ").includes("The code?"));
  assert.deepEqual(asked[0]?.unset, ["ATHM_KEY", "PSModulePath"]);
});

Deno.test("dialog: closing the window cancels, and no other window opens", async () => {
  for (const outcome of [closed, { code: 0, stdout: "\n" }]) {
    const { ask, asked } = machine({ zenity: outcome, kdialog: typed });
    await failsAs("cancelled", ask("linux"), /cancelled/);
    assert.equal(asked.length, 1);
  }
});

Deno.test("dialog: without a dialog program, the error names one to install", async () => {
  await failsAs("needs-person", machine({}).ask("linux"), /The code\?/, /zenity or kdialog/);
});

Deno.test("dialog: skips programs that cannot run and reports a timeout", async () => {
  const refusing = (refusal: Failure) => (spec: HelperSpec) =>
    spec.command === "zenity" ? Promise.reject(refusal) : Promise.resolve(typed);
  const ask = (refusal: Failure) =>
    askInWindow("linux", { help: refusing(refusal) }, [], "The code?");
  assert.equal(await ask(new Failure("command-not-executable", "it is not executable")), "123456");
  const late = new Failure("source", "zenity took over 120 s", "run it by hand");
  await failsAs(
    "needs-person",
    ask(late),
    /no answer in the window within 2 minutes/,
    /^run it again$/,
  );
});

Deno.test("dialog: a desktop is a display without a remote login", () => {
  const environment = (...names: string[]) => ({
    get: (name: string) => names.includes(name) ? ":0" : undefined,
  });
  assert.ok(hasDesktop("linux", environment("DISPLAY")));
  assert.ok(hasDesktop("linux", environment("WAYLAND_DISPLAY")));
  assert.ok(!hasDesktop("linux", environment()));
  for (const platform of ["darwin", "windows"] as const) {
    assert.ok(hasDesktop(platform, environment()));
    assert.ok(!hasDesktop(platform, environment("SSH_CONNECTION")));
  }
});

Deno.test("dialog: a window with two buttons allows by its own button alone", async () => {
  const table: readonly (readonly [Platform, string, yes: HelperOutput, no: HelperOutput])[] = [
    ["linux", "zenity", { code: 0, stdout: "" }, { code: 1, stdout: "" }],
    ["linux", "kdialog", { code: 0, stdout: "" }, { code: 2, stdout: "" }],
    ["darwin", "osascript", { code: 0, stdout: "Allow\n" }, { code: 1, stdout: "" }],
    ["darwin", "osascript", { code: 0, stdout: "Allow\n" }, { code: 0, stdout: "Deny\n" }],
    ["windows", "powershell.exe", { code: 0, stdout: "Allow" }, { code: 0, stdout: "" }],
    ["windows", "powershell.exe", { code: 0, stdout: "Allow" }, { code: 1, stdout: "Allow" }],
  ];
  for (const [platform, program, yes, no] of table) {
    for (const [answer, isYes] of [[yes, true], [no, false]] as const) {
      const { allows, asked } = machine({ [program]: answer });
      assert.equal(await allows(platform), isYes, program);
      const spec = asked.at(-1);
      assert.ok(spec?.command === program && spec.unset.includes("ATHM_KEY"));
      const all = [...spec.args, ...Object.values(spec.set)].join("\n");
      assert.ok(all.includes("May it?"), all);
    }
  }
});

Deno.test("dialog: the text of such a window is neither markup nor code", async () => {
  const question = "May it?\ncommand: echo '<b>x</b>' \" & do shell script";
  const zenity = machine({ zenity: { code: 1, stdout: "" } });
  await zenity.allows("linux", question);
  assert.ok(zenity.asked[0]?.args.includes("--no-markup"));
  assert.ok(zenity.asked[0]?.args.includes(`--text=${question}`));
  const kdialog = machine({ kdialog: { code: 1, stdout: "" } });
  await kdialog.allows("linux", question);
  assert.doesNotMatch(kdialog.asked.at(-1)?.args.at(-1) ?? "<", /[<>]/);
  for (
    const [platform, program] of [["darwin", "osascript"], ["windows", "powershell.exe"]] as const
  ) {
    const { allows, asked } = machine({ [program]: { code: 1, stdout: "" } });
    await allows(platform, question);
    const code = platform === "darwin" ? asked[0]?.args.slice(0, -1) : asked[0]?.args;
    assert.ok(!code?.join(" ").includes("echo"), program);
  }
});

Deno.test("dialog: without a program or an answer, nothing is allowed", async () => {
  await failsAs("needs-person", machine({}).allows("linux"), /no program/, /zenity or kdialog/);
});
