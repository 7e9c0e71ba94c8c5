import assert from "node:assert/strict";
import fc from "fast-check";
import { askStepByStep } from "../../src/commands/aws/add/wizard.ts";
import { command } from "../../src/commands/aws/add.ts";
import { askQuestion, type Question } from "../../src/line/question.ts";
import { valuesOf } from "../../src/line/values.ts";
import { awsFileLimit } from "../../src/migration/aws_files.ts";
import { Failure, usage } from "../../src/model/failure.ts";
import { sources } from "../../src/sources/all_sources.ts";
import type { SourceKind } from "../../src/sources/source.ts";
import { failsAs } from "../support/session_world.ts";
import { testSystem } from "../support/test_system.ts";

const known = new Set(command.options.map(({ name }) => name));

/** Answers the prompts of `add dev` in this order; `given` are its options. */
function wizard(
  answers: readonly string[],
  { config = "", given = {}, profiles = [], env = {} }: {
    readonly config?: string;
    readonly given?: Readonly<Record<string, string>>;
    readonly profiles?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
) {
  const system = testSystem({ answers, env });
  system.files.put("/home/ann/.aws/config", config);
  const read = new Map(Object.entries(given).map(([name, value]) => [name, [value]]));
  const outcome = askStepByStep("dev", valuesOf(read, known), system, profiles);
  return { system, outcome };
}

const role = "arn:aws:iam::123456789012:role/dev";
const all = Object.values(sources) as unknown as readonly SourceKind[];
const number = (kind: string) => String(all.findIndex((each) => each.kind === kind) + 1);

Deno.test("add, step by step: every source can be chosen by its number and by its name", async () => {
  for (const { kind } of all) {
    for (const answer of [kind, number(kind)]) {
      const { system, outcome } = wizard([answer], { profiles: ["base"] });
      // The input ends after the choice: the next prompt is the source's own.
      const chosen = await outcome.catch((error) => error);
      const next = system.asked[1]?.question ?? "";
      assert.ok(chosen instanceof Failure || chosen.kind.kind === kind, kind);
      const first = all.find((each) => each.kind === kind)?.questions?.[0]?.text;
      if (first !== undefined) assert.ok(next.startsWith(first), `${kind}: ${next}`);
    }
  }
});

Deno.test("add, step by step: offers no base profile if none exists", async () => {
  const { system, outcome } = wizard(["profile"]);
  await failsAs("cancelled", outcome, /cancelled/);
  assert.ok(!system.captured.said.some((line) => /\bprofile\b/.test(line)));
  assert.match(system.captured.said.at(-1) ?? "", /enter a number from 1 to/);
});

Deno.test("add, step by step: prints the equivalent command line, without a key", async () => {
  const said = async (answers: readonly string[], given: Readonly<Record<string, string>> = {}) => {
    const { system, outcome } = wizard(answers, { profiles: ["base"], given });
    await outcome;
    return system.captured.said.at(-1);
  };
  const start = "athm: the same without prompts: athm aws add dev";
  assert.equal(
    await said(["profile", "base", role, ""], { fips: "", "session-name": "a b" }),
    `${start} --fips --session-name 'a b' --from base --role-arn ${role}`,
  );
  assert.equal(await said(["ambient", "", "", "", ""]), `${start} --ambient`);
  const key = ["AKIAIOSFODNN7EXAMPLE", "s".repeat(40)];
  const text = await said(["keys", ...key, "", "", "eu-west-1"]);
  assert.equal(text, `${start} --stdin --region eu-west-1`);
});

Deno.test("add, step by step: every question is about an existing option", () => {
  for (const { questions = [] } of all) {
    for (const { option } of questions) assert.ok(known.has(option), option);
  }
});

Deno.test("add, step by step: does not prompt for options that were given", async () => {
  const { system, outcome } = wizard([number("profile"), "base"], {
    profiles: ["base"],
    given: { "role-arn": role, region: "eu-west-1" },
  });
  const { source, values } = await outcome;
  assert.deepEqual(source, { kind: "profile", from: "base" });
  assert.deepEqual(values.all("role-arn"), [role]);
  assert.equal(system.asked.length, 2);
});

Deno.test("add, step by step: takes the portal from the profile's sso-session", async () => {
  const { suggestionsFor } = await import("../../src/commands/aws/add/suggestions.ts");
  const system = testSystem();
  system.files.put(
    "/home/ann/.aws/config",
    "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\n" +
      "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n",
  );
  const { kind, answers } = await suggestionsFor(system, "dev");
  assert.equal(kind, "identity-center");
  assert.deepEqual(Object.fromEntries(answers), {
    "sso-start-url": "https://corp.awsapps.com/start",
    "sso-region": "eu-west-1",
    "sso-account": "123456789012",
    "sso-role": "Admin",
    "aws-profile": "dev",
  });
  // Uses the settings of [default], but not its kind of source.
  system.files.put("/home/ann/.aws/config", "[default]\nregion = eu-west-3\nsso_session = corp\n");
  const other = await suggestionsFor(system, "dev");
  assert.deepEqual([other.kind, [...other.answers]], [undefined, [["region", "eu-west-3"]]]);
});

Deno.test("add, step by step: never offers an invalid answer or a control sequence", async () => {
  const config = "[profile dev]\nregion = \u001b[2J\nrole_arn = arn:aws:iam::1:role/x\n";
  const { system, outcome } = wizard([number("profile"), "base", "", ""], {
    config,
    profiles: ["base"],
  });
  const { values } = await outcome;
  assert.deepEqual([values.has("role-arn"), values.has("region")], [false, false]);
  const shown = [...system.captured.said, ...system.asked.map(({ question }) => question)].join();
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(shown, /\u001b|iam::1:/);
});

Deno.test("add, step by step: notes unreadable AWS files and continues", async () => {
  const { system, outcome } = wizard([number("profile"), "base", "", ""], {
    config: "#".repeat(awsFileLimit + 1),
    profiles: ["base"],
  });
  assert.equal((await outcome).source.kind, "profile");
  assert.match(system.captured.said[0] ?? "", /^athm: note: ignoring the AWS files/);
});

Deno.test("add, step by step: does not add a role that the AWS profile already assumes", async () => {
  const config = `[profile dev]\nsource_profile = base\nrole_arn = ${role}\nregion = eu-west-1\n`;
  const { outcome } = wizard(["", "", "", "", ""], { config });
  const { source, values } = await outcome;
  assert.deepEqual(source, { kind: "ambient", awsProfile: "dev" });
  assert.deepEqual([values.has("role-arn"), values.text("region")], [false, "eu-west-1"]);
});

Deno.test("add, step by step: prompts for a temporary key's token, not for an MFA device", async () => {
  const answers = ["ASIAIOSFODNN7EXAMPLE", "s".repeat(40), "two words", "t".repeat(100)];
  const { system, outcome } = wizard(["keys", ...answers, "", ""]);
  const { source } = await outcome;
  assert.ok(source.kind === "keys" && source.sessionToken?.reveal() === "t".repeat(100));
  const questions = system.asked.map(({ question }) => question);
  assert.ok(!questions.some((each) => each.includes("MFA")), questions.join());
  assert.deepEqual(
    system.asked.filter(({ secret }) => secret).map(({ question }) => question.slice(0, 13)),
    ["Secret access", "Session token", "Session token"],
  );
});

Deno.test("add, step by step: a typed access key ID leaves only the secret to prompt for", async () => {
  const { system, outcome } = wizard(["AKIAIOSFODNN7EXAMPLE", "s".repeat(40)]);
  assert.equal((await outcome).source.kind, "keys");
  assert.equal(system.asked.length, 2);
});

Deno.test("add, step by step: end of input cancels", async () => {
  const answers = [number("profile"), "base", role];
  for (let length = 0; length < answers.length; length++) {
    const { outcome } = wizard(answers.slice(0, length), { profiles: ["base"] });
    await failsAs("cancelled", outcome, /cancelled/);
  }
});

Deno.test("a question accepts what its check accepts, after any number of wrong answers", async () => {
  const question: Question = {
    option: "x",
    text: "X",
    optional: true,
    check: (answer) => {
      if (!/^good/.test(answer)) throw usage("that is not good");
    },
  };
  const wrong = fc.array(fc.string().filter((text) => !/^good/.test(text.trim())));
  const property = fc.asyncProperty(wrong, fc.constantFrom("good", "", "-"), async (some, last) => {
    const bad = some.filter((text) => !["", "-"].includes(text.trim()));
    const system = testSystem({ answers: [...bad, last] });
    const suggested = new Map([["x", "good one"]]);
    const answer = await askQuestion(question, { system, suggested, profiles: [] });
    assert.equal(answer, last === "-" ? undefined : last || "good one");
    assert.equal(system.captured.said.length, bad.length);
  });
  await fc.assert(property);
});
