/**
 * SAML with Keycloak, whose own record shows that athm accepted and granted only what the user chose.
 */
import assert from "node:assert/strict";
import { athmHome } from "../support/athm_home.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { noTerminal, unless } from "../support/programs.ts";
import {
  codeOf,
  devices,
  devRole,
  type Keycloak,
  noKeycloak,
  providerArn,
  type RequiredAction,
  requiredActions,
  startKeycloak,
  userOf,
} from "../support/saml/keycloak.ts";
import { findPty, type Move, runAtTerminal } from "../support/terminal_session.ts";

const pty = await findPty();
const see = (pattern: RegExp): Move => ({ kind: "see", pattern, line: 0 });
const type = (text: string): Move => ({ kind: "type", text, line: 0 });
const press = (name: string): Move => ({ kind: "key", name, line: 0 });

async function worldAt(idp: Keycloak) {
  const aws = await startFakeAws();
  const home = await athmHome({ STS: aws.url, IDP: idp.url });
  aws.addSamlProvider({ arn: providerArn, issuer: idp.issuer, certificate: idp.certificate });
  aws.addRole({ arn: devRole });
  const atTerminal = async (command: string, moves: readonly Move[]) => {
    assert.ok(pty);
    const place = { cwd: home.folder, env: home.env, limit: 120_000 };
    const watched = await runAtTerminal(pty, command, moves, place);
    assert.deepEqual([watched.stuck, watched.timedOut], [undefined, false], watched.screen);
    return watched;
  };
  return {
    calls: () => aws.calls.map(({ action, status }) => `${action} ${status}`),
    atTerminal,
    /** Adds a profile of this user at a terminal. */
    add: (user: string, moves: readonly Move[]) =>
      atTerminal(
        `athm aws add ${user} --saml-url "$IDP" --saml-via form --endpoint-url "$STS" ` +
          `--saml-user ${user} --saml-remember-password`,
        [see(new RegExp(`Password of ${user}`)), type(`${user}-password`), ...moves],
      ),
    /** Signs in again without a person. */
    renew: (user: string) => home.run(renewal(user)),
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]();
      await aws[Symbol.asyncDispose]();
    },
  };
}

const renewal = (user: string) =>
  `rm -rf .local/share/athm/assertions; athm aws exec ${user} --rotate -- true`;

/** The rest of a sign-in that succeeded. */
const done = [see(/(?i:passphrase)/), type("")];

/** Where a sign-in stops without a person, and with one. */
const stops: Readonly<Record<RequiredAction, RegExp>> = {
  TERMS_AND_CONDITIONS: /requires a decision \("Accept", "Decline"\)/,
  UPDATE_PASSWORD: /requires a new password/,
  UPDATE_PROFILE: /requires a decision \("Submit"\)/,
  CONFIGURE_TOTP: /requires you to set up a sign-in method/,
  "webauthn-register": /requires (?:you to set up a sign-in method|a passkey or a security key)/,
};

const reason = noKeycloak() ?? noTerminal(pty);

Deno.test(unless(reason, "keycloak: accepts and grants only what the user chose"), async (t) => {
  await using idp = await startKeycloak();
  const step = (name: string, run: (world: Awaited<ReturnType<typeof worldAt>>) => Promise<void>) =>
    t.step(name, async () => {
      await using world = await worldAt(idp);
      await run(world);
    });

  await step(
    "a renewal without a person accepts and grants nothing",
    async ({ add, renew, calls }) => {
      const added = await add("ann", done);
      assert.equal(added.exit, 0, added.screen);
      assert.equal((await renew("ann")).exit, 0);
      const before = await idp.record("ann");
      for (const action of requiredActions) {
        await idp.require("ann", [action]);
        const { exit, err } = await renew("ann");
        assert.notEqual(exit, 0, action);
        assert.match(err, stops[action]);
        assert.deepEqual(await idp.record("ann"), { ...before, pending: [action] });
      }
      await idp.require("ann", []);
      await idp.requireConsent(true);
      const { exit, err } = await renew("ann");
      assert.deepEqual([exit, /requires a decision \("Yes", "No"\)/.test(err)], [125, true], err);
      assert.deepEqual(await idp.record("ann"), before);
      await idp.requireConsent(false);
      assert.equal((await renew("ann")).exit, 0);
      assert.deepEqual(calls(), Array(3).fill("AssumeRoleWithSAML 200"));
    },
  );

  for (const action of ["UPDATE_PASSWORD", "CONFIGURE_TOTP", "webauthn-register"] as const) {
    await step(`${action} is left to the browser`, async ({ add, calls }) => {
      const user = userOf(action);
      const before = await idp.record(user);
      assert.deepEqual(before.pending, [action]);
      const { exit, screen } = await add(user, []);
      assert.equal(exit, 1, screen);
      assert.match(screen, stops[action]);
      assert.match(screen, /browser/);
      assert.deepEqual([await idp.record(user), calls()], [before, []]);
    });
  }

  await step("terms are accepted only by the user", async ({ add, renew, calls }) => {
    const user = userOf("TERMS_AND_CONDITIONS");
    const before = await idp.record(user);
    assert.deepEqual([before.pending, before.terms], [["TERMS_AND_CONDITIONS"], []]);
    const offered = [see(/Terms and Conditions/), see(/> Accept\n {2}Decline/)];
    const left = await add(user, [...offered, press("ctrl-c")]);
    assert.equal(left.exit, 130, left.screen);
    const declined = await add(user, [...offered, type("dec")]);
    assert.equal(declined.exit, 1, declined.screen);
    assert.deepEqual([await idp.record(user), calls()], [before, []]);

    const accepted = await add(user, [...offered, type("acc"), ...done]);
    assert.equal(accepted.exit, 0, accepted.screen);
    const { pending, terms } = await idp.record(user);
    assert.deepEqual([pending, terms.length], [[], 1]);
    assert.equal((await renew(user)).exit, 0);
  });

  await step("a profile is submitted only by the user", async ({ add, calls }) => {
    const user = userOf("UPDATE_PROFILE");
    const before = await idp.record(user);
    const offered = [see(/Update Account Information/), see(/> Submit/)];
    const left = await add(user, [...offered, press("ctrl-c")]);
    assert.equal(left.exit, 130, left.screen);
    assert.deepEqual([await idp.record(user), calls()], [before, []]);
    const submitted = await add(user, [...offered, type(""), ...done]);
    assert.equal(submitted.exit, 0, submitted.screen);
    assert.deepEqual(await idp.record(user), { ...before, pending: [] });
  });

  await step("access is granted only by the user", async ({ add, renew, calls }) => {
    await idp.requireConsent(true);
    const before = await idp.record("ann");
    assert.deepEqual(before.consents, []);
    const offered = [see(/Grant Access/), see(/> Yes\n {2}No/)];
    const left = await add("ann", [...offered, press("ctrl-c")]);
    assert.equal(left.exit, 130, left.screen);
    const denied = await add("ann", [...offered, type("No")]);
    assert.equal(denied.exit, 1, denied.screen);
    assert.deepEqual([await idp.record("ann"), calls()], [before, []]);

    const granted = await add("ann", [...offered, type("Yes"), ...done]);
    assert.equal(granted.exit, 0, granted.screen);
    assert.deepEqual((await idp.record("ann")).consents, ["urn:amazon:webservices"]);
    assert.equal((await renew("ann")).exit, 0);
    await idp.requireConsent(false);
  });

  await step(
    "the second of two devices confirms the sign-in",
    async ({ add, atTerminal, calls }) => {
      const before = await idp.record("devices");
      const key = devices["Tablet"] ?? "";
      const code = await codeOf(key, Date.now());
      const added = await add("devices", [
        see(/> Phone\n {2}Tablet/),
        type("Pho"),
        see(/One-time code/),
        type(code),
        see(/rejected that.*; try again/),
        see(/> Phone\n {2}Tablet/),
        type("Tab"),
        see(/One-time code/),
        type(code),
        ...done,
      ]);
      assert.equal(added.exit, 0, added.screen);
      assert.deepEqual([await idp.record("devices"), calls()], [before, [
        "AssumeRoleWithSAML 200",
      ]]);

      // The choice is kept. Keycloak accepts no code twice, but the next one early.
      const renewed = await atTerminal(renewal("devices"), [
        see(/One-time code/),
        type(await codeOf(key, Date.now() + 30_000)),
      ]);
      assert.equal(renewed.exit, 0, renewed.screen);
      assert.doesNotMatch(renewed.screen, /Phone|Tablet/);
      assert.equal(calls().length, 2);
    },
  );
});
