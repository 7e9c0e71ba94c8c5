// Every command on a disk that fails operations in turn, or is full. If a command only returns
// something, saving is best effort: output and exit code stay the same. If saving is its purpose,
// the error names the disk's failure, and nothing is left half written.

import assert from "node:assert/strict";
import { entries } from "../../src/commands/all_commands.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import type { System } from "../../src/system/system.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";
import { failingFiles } from "../support/faults.ts";
import { httpTo } from "../support/http_to_fake.ts";
import { type MemoryFiles, memoryFiles, startedIn } from "../support/memory_files.ts";
import { keepPortalSignIn } from "../support/portal_home.ts";
import { athm, helpers, report } from "../support/store_program.ts";
import { home } from "../support/store_samples.ts";
import { testStart, testSystem } from "../support/test_system.ts";

const role = "arn:aws:iam::123456789012:role/deploy";

interface Case {
  readonly line: string;
  /** It returns something, and succeeds whatever cannot be written. */
  readonly handsOut?: boolean;
}

/** The profile `a` has a key and no session, `b` a role after it, `p` a role of the portal. */
const cases: Readonly<Record<string, Case | string>> = {
  "aws add": { line: "aws add c --from-env" },
  "aws exec": { line: "aws exec b -- true", handsOut: true },
  "aws export": { line: "aws export a", handsOut: true },
  "aws process": { line: "aws process p", handsOut: true },
  "aws configure": { line: "aws configure a" },
  "aws rotate-key": "in rotate_key_fault_test.ts",
  "aws login": { line: "aws login b --print", handsOut: true },
  "aws logout": { line: "aws logout p" },
  "aws ls": { line: "aws ls", handsOut: true },
  "aws set": { line: "aws set a --region eu-west-1 --no-login" },
  "aws show": { line: "aws show a", handsOut: true },
  "aws mv": { line: "aws mv a d" },
  "aws rm": { line: "aws rm a --force" },
  "aws token web": { line: "aws token web b --audience https://example.com", handsOut: true },
  "aws token eks": { line: "aws token eks prod b", handsOut: true },
  "aws token rds": {
    line: "aws token rds --host db.example.com --port 5432 --user app b",
    handsOut: true,
  },
  "aws presign": { line: "aws presign s3://bucket/key b", handsOut: true },
  "aws token codeartifact": { line: "aws token codeartifact --domain acme b", handsOut: true },
  "aws git-credential": { line: "aws git-credential b get", handsOut: true },
  "aws docker-login": { line: "aws docker-login public.ecr.aws b" },
  "aws docker-credential": { line: "aws docker-credential list", handsOut: true },
  "aws kubeconfig": { line: "aws kubeconfig prod b" },
  "aws whoami": { line: "aws whoami a", handsOut: true },
  "aws prompt": { line: "aws prompt", handsOut: true },
  "aws sso ls": { line: "aws sso ls $PORTAL", handsOut: true },
  "aws sso import": { line: "aws sso import $PORTAL" },
  "aws sso logout": { line: "aws sso logout $PORTAL" },
  use: { line: "use a --shell bash", handsOut: true },
  allow: { line: "allow" },
  deny: { line: "deny" },
  serve: "runs until it is stopped; a client gets its session as exec does",
  "serve token add": { line: "serve token add new --profile b --read-only" },
  "serve token ls": { line: "serve token ls", handsOut: true },
  "serve token rm": { line: "serve token rm there" },
  audit: { line: "audit", handsOut: true },
  "import aws-vault": { line: "import aws-vault --backend file" },
  "import aws-config": { line: "import aws-config" },
  "import file": { line: "import file /home/ann/team.yaml --yes" },
  "import aws-credentials": { line: "import aws-credentials --remove" },
  "policy add": { line: "policy add mine /home/ann/policy.json" },
  "policy ls": { line: "policy ls", handsOut: true },
  "policy show": { line: "policy show stored", handsOut: true },
  "policy rm": { line: "policy rm stored" },
  "store status": { line: "store status", handsOut: true },
  "store custody": "in store_commands_fault_test.ts",
  "store rekey": "in store_commands_fault_test.ts",
  "store verify": { line: "store verify", handsOut: true },
  "store backup": "in store_commands_fault_test.ts",
  "store restore": "in store_commands_fault_test.ts",
  "store unlock": "in store_commands_fault_test.ts",
  "store lock": "in store_commands_fault_test.ts",
  doctor: { line: "doctor", handsOut: true },
  update: { line: "update", handsOut: true },
  "shell-init": { line: "shell-init bash", handsOut: true },
  completions: { line: "completions bash", handsOut: true },
};

/** A machine where each command has something to do, and its AWS. */
async function machine(aws: FakeAws, files: MemoryFiles) {
  const key = aws.addUser({ name: "ann" });
  aws.outbound.accounts.add("123456789012");
  aws.addRole({ arn: role, trusts: [key.arn] });
  const played = helpers();
  const start: System["children"]["start"] = () => ({
    pid: 1,
    ended: Promise.resolve({ kind: "exit", code: 0 } as const),
    signal: () => {},
  });
  const system = { http: httpTo(aws), children: { ...played.children, start } };
  const options = {
    env: {
      HOME: "/home/ann",
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    },
    system,
  };
  const store = await openOrCreateStore(testSystem({ files, ...options }));
  await keepPortalSignIn(store, aws, ["p"], { life: 8 * 3_600_000, now: testStart });
  const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  files.put("/home/ann/policy.json", policy);
  files.put(`${startedIn}/.athm`, "a\n");
  const team = "athm: 1\nserial: 1\nprofiles:\n  t: {ambient: true}\n";
  files.put("/home/ann/team.yaml", team);
  for (
    const line of [
      "policy add stored /home/ann/policy.json",
      "aws add a --from-env --no-login",
      `aws add b --from a --role-arn ${role} --no-login`,
      "serve token add there --profile b",
    ]
  ) {
    const { code, err } = await athm(line, files, options);
    assert.equal(code, 0, err);
  }
  files.put("/home/ann/.aws/config", "[profile x]\nrole_arn = " + role + "\nsource_profile = y\n");
  files.put(
    "/home/ann/.aws/credentials",
    `[y]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`,
  );
  return options;
}

Deno.test("a full disk: every command is tested here or elsewhere", () => {
  const words = entries.map(({ path }) => path.join(" "));
  assert.deepEqual(Object.keys(cases).toSorted(), words.toSorted());
});

for (const [words, one] of Object.entries(cases)) {
  if (typeof one === "string") continue;
  Deno.test(`a full disk: ${words}`, async (test) => {
    await using aws = await startFakeAws({ clock: () => testStart });
    const files = memoryFiles(() => testStart);
    const options = await machine(aws, files);
    const line = one.line.replace("$PORTAL", aws.sso.startUrl);
    const snapshot = files.snapshot();
    const shape = (text: string) => text.replace(/[A-Za-z0-9+/=_%-]{16,}/g, "…");
    const well = await athm(line, files, options);
    if (one.handsOut) assert.ok(well.code < 2, well.err);
    for (const fault of ["full", "refused"] as const) {
      let n = 1;
      for (;; n++) {
        files.restore(snapshot);
        const failing = failingFiles(files, n, fault);
        const { code, out, err } = await athm(line, files, { ...options, on: failing });
        const where = `${line}, operation ${n} ${fault}: ${code} ${err}`;
        assert.doesNotMatch(err, /internal error/, where);
        if (fault === "full" && one.handsOut) {
          assert.equal(code, well.code, where);
          assert.equal(shape(out), shape(well.out), where);
        }
        if (code !== well.code) assert.match(err + out, /operation \d+ was made to fail/, where);
        const left = files.all("/").filter((path) => /\.tmp-|\.part$|\.athm-/.test(path));
        assert.ok(left.length <= (fault === "full" ? 0 : 1), `${where}: ${left}`);
        if (failing.count < n) break;
        assert.ok(n < 300, "it never succeeds");
      }
      await report(test, `${fault}: ${n - 1}`);
    }
    assert.ok(files.facts(home));
  });
}
