/** Account and role from an access portal's list, in the wizard. */
import assert from "node:assert/strict";
import { command } from "../../src/commands/aws/add.ts";
import { askStepByStep } from "../../src/commands/aws/add/wizard.ts";
import { valuesOf } from "../../src/line/values.ts";
import { widthOf } from "../../src/screen/width.ts";
import { plainScreen } from "../support/terminal_session.ts";
import { portalTest, type PortalWorld } from "../support/portal_world.ts";

const known = new Set(command.options.map(({ name }) => name));

/** Answers the prompts of `add work` in order, and presses `keys` in the choice. */
async function wizard(
  { system, context, aws }: PortalWorld,
  { answers, keys = "", login = true }: {
    readonly answers: readonly string[];
    readonly keys?: string;
    readonly login?: boolean;
  },
) {
  system.files.put(
    "/home/ann/.aws/config",
    `[profile work]\nsso_start_url = ${aws.sso.startUrl}\nsso_region = eu-west-1\n` +
      "sso_account_id = 210987654321\nsso_role_name = ReadOnly\n",
  );
  const left = [...answers];
  const typed = [...new TextEncoder().encode(keys)];
  const asked: string[] = [];
  let raw = "";
  const terminal = Object.create(system.terminal, {
    size: { value: () => ({ columns: 60, rows: 12 }) },
    ask: {
      value: (question: string) => {
        asked.push(question);
        return Promise.resolve(left.shift() ?? assert.fail(question));
      },
    },
    open: {
      value: () => ({
        read: (buffer: Uint8Array) => {
          buffer[0] = typed.shift() ?? assert.fail("no more keys");
          return Promise.resolve(1);
        },
        setRaw: () => {},
        write: (text: string) => void (raw += text),
        close: () => {},
      }),
    },
  });
  const world = { ...system, terminal };
  const picking = login ? { network: {}, proofs: context.proofs } : undefined;
  const { source } = await askStepByStep("work", valuesOf(new Map(), known), world, [], picking);
  return { source, asked, screen: plainScreen(raw), said: system.captured.said };
}

function accounts(world: PortalWorld): void {
  world.aws.sso.accounts = [
    { id: "123456789012", name: "Production", roles: ["Admin", "ReadOnly"] },
    { id: "210987654321", name: "試験環境\x1b[2J", roles: ["Admin", "ReadOnly"] },
  ];
}

portalTest("the wizard marks the role that the AWS files suggest", async (world) => {
  accounts(world);
  const { source, asked, screen, said } = await wizard(world, {
    answers: ["", "", "", "", ""],
    keys: "\r",
  });
  assert.ok("accountId" in source);
  assert.deepEqual([source.accountId, source.roleName], ["210987654321", "ReadOnly"]);
  assert.ok(!asked.some((question) => /12 digits|permission set/.test(question)), `${asked}`);
  assert.match(screen, /> 試験環境 \[2J +210987654321 +ReadOnly/);
  for (const line of screen.split("\n")) assert.ok(widthOf(line) < 60, line);
  assert.match(
    said.at(-1) ?? "",
    /the same without prompts: .* --sso-account 210987654321 --sso-role ReadOnly$/,
  );
});

portalTest("the wizard finds a role by words in any order", async (world) => {
  accounts(world);
  const { source } = await wizard(world, { answers: ["", "", "", "", ""], keys: "admin prod\r" });
  assert.ok("accountId" in source);
  assert.deepEqual([source.accountId, source.roleName], ["123456789012", "Admin"]);
});

portalTest("without a sign-in the wizard prompts for account and role", async (world) => {
  const { source, asked } = await wizard(world, {
    answers: ["", "", "", "", "Admin", "", ""],
    login: false,
  });
  assert.ok("accountId" in source);
  assert.deepEqual([source.accountId, source.roleName], ["210987654321", "Admin"]);
  assert.ok(asked.some((question) => /12 digits/.test(question)));
  assert.deepEqual(world.calls(), []);
});
