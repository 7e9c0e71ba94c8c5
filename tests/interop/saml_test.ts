/** SAML with third-party software: SimpleSAMLphp and a real Chromium. */
import assert from "node:assert/strict";
import { connectDevTools } from "../../src/signin/saml/devtools.ts";
import { startOnPipe, startOnPort } from "../../src/system/deno/devtools.ts";
import { type AthmHome, athmHome } from "../support/athm_home.ts";
import { createTestAuthority } from "../support/certificates.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";
import { listen } from "../support/fake_aws/server.ts";
import { noTerminal, unless } from "../support/programs.ts";
import { browserWrapper, noChromium, type Person, personAt } from "../support/saml/person.ts";
import {
  adminRole,
  devRole,
  noSimpleSaml,
  providerArn,
  type SimpleSaml,
  startSimpleSaml,
} from "../support/saml/simplesamlphp.ts";
import { findPty, type Move, runAtTerminal } from "../support/terminal_session.ts";

interface World {
  readonly aws: FakeAws;
  readonly idp: SimpleSaml;
  readonly home: AthmHome;
  /** athm's own folder. */
  readonly store: string;
  /** Runs a command on a terminal. */
  atTerminal(command: string, moves?: readonly Move[]): ReturnType<typeof runAtTerminal>;
  actions(): string[];
}

const pty = await findPty();

/** A test that is skipped if something is missing, with the reason in its name. */
function interop(
  name: string,
  needed: readonly (string | undefined)[],
  run: (world: World) => Promise<void>,
): void {
  const reason = needed.find((each) => each !== undefined);
  Deno.test(unless(reason, `saml: ${name}`), async () => {
    await using aws = await startFakeAws();
    await using idp = await startSimpleSaml();
    await using home = await athmHome({ DISPLAY: ":99", STS: aws.url, IDP: idp.url });
    aws.addSamlProvider({ arn: providerArn, issuer: idp.issuer, certificate: idp.certificate });
    for (const arn of [devRole, adminRole]) aws.addRole({ arn });
    await run({
      aws,
      idp,
      home,
      store: `${home.folder}/.local/share/athm`,
      atTerminal: (command, moves = []) => {
        assert.ok(pty);
        return runAtTerminal(pty, command, moves, {
          cwd: home.folder,
          env: home.env,
          limit: 120_000,
        });
      },
      actions: () => aws.calls.map(({ action, status }) => `${action} ${status}`),
    });
  });
}

const noPty = noTerminal(pty);
const see = (pattern: RegExp): Move => ({ kind: "see", pattern, line: 0 });
const type = (text: string): Move => ({ kind: "type", text, line: 0 });

interop(
  "SimpleSAMLphp's form yields credentials",
  [noSimpleSaml(), noPty],
  async (world) => {
    const { atTerminal, home, actions } = world;
    const add = 'athm aws add work --saml-url "$IDP" --saml-via form --endpoint-url "$STS"';
    const added = await atTerminal(add, [
      see(/User name at 127\.0\.0\.1:\d+: /),
      type("alice"),
      see(/Password of alice/),
      type("wrong"),
      see(/rejected that.*; try again/),
      see(/Password of alice/),
      type("alice-password"),
      see(/Role:.*\n> 123456789012 {2}admin\n.*123456789012 {2}dev/),
      type("admin"),
      see(/(?i:passphrase)/),
      type(""),
    ]);
    assert.deepEqual([added.exit, added.stuck], [0, undefined], added.screen);
    assert.doesNotMatch(added.screen, /alice-password/);
    assert.deepEqual(actions(), ["AssumeRoleWithSAML 200"]);
    const who = await home.run("athm aws whoami work");
    assert.match(who.out, /assumed-role\/admin\/alice@example\.com/);
  },
);

/** Signs in with the browser: what the user does in the window while athm waits. */
async function withPerson(
  world: World,
  { windows }: { windows: () => Promise<number> },
  command: string,
  moves: readonly Move[],
  does: (person: Person) => Promise<void>,
) {
  const before = await windows();
  const running = world.atTerminal(command, [see(/sign in to 127\.0\.0\.1/), ...moves]);
  const person = await personAt(world.store, async () => await windows() > before);
  try {
    await does(person);
  } finally {
    await person[Symbol.asyncDispose]();
  }
  const watched = await running;
  assert.deepEqual([watched.stuck, watched.timedOut, watched.left], [undefined, false, []]);
  return watched;
}

const logsIn = (user: string) => async (person: Person) => {
  await person.until("document.querySelector('input[name=password]')");
  await person.until(`document.querySelector('[name=username]').value = ${JSON.stringify(user)}`);
  await person.until(
    `document.querySelector('[name=password]').value = ${JSON.stringify(`${user}-password`)}`,
  );
  await person.until("document.querySelector('[name=password]').form.requestSubmit() || true");
};

const browserNeeds = [noSimpleSaml(), noChromium(), noPty];

interop("Chromium opens a window first and stays hidden later", browserNeeds, async (world) => {
  const { home, store, idp, actions } = world;
  // In place of AWS: nothing may arrive here.
  const authority = await createTestAuthority();
  const tls = await authority.issue(["signin.aws.amazon.com"]);
  const arrived: string[] = [];
  await using trap = await listen((request) => {
    arrived.push(request.url);
    return Promise.resolve(new Response("no"));
  }, { port: 0, tls });
  const wrapper = await browserWrapper(home.folder, [
    `--host-resolver-rules=MAP signin.aws.amazon.com:443 127.0.0.1:${trap.port}`,
    "--ignore-certificate-errors",
  ]);
  home.env.set("ATHM_BROWSER", wrapper.path);

  const add = 'athm aws add work --saml-url "$IDP" --endpoint-url "$STS" --saml-role ' + devRole;
  const added = await withPerson(
    world,
    wrapper,
    add,
    [see(/(?i:passphrase)/), type("")],
    logsIn("alice"),
  );
  assert.equal(added.exit, 0, added.screen);
  assert.deepEqual(actions(), ["AssumeRoleWithSAML 200"]);
  const [first = ""] = await wrapper.calls();
  // The flag for root is the test's own; athm must not pass it.
  assert.match(first, /--remote-debugging-pipe --user-data-dir=\S+ /);
  assert.doesNotMatch(first, /sandbox|headless|http/);
  const { mode } = await Deno.stat(`${store}/browser`);
  assert.equal((mode ?? 0) & 0o777, 0o700);

  // The provider remembers the user, so no window opens.
  await Deno.remove(`${store}/assertions`, { recursive: true });
  const renewed = await home.run("athm aws exec work --rotate");
  assert.equal(renewed.exit, 0, renewed.err);
  assert.deepEqual(actions(), ["AssumeRoleWithSAML 200", "AssumeRoleWithSAML 200"]);
  assert.match((await wrapper.calls()).at(-1) ?? "", /--headless=new/);

  // After the provider forgot the user, athm says that a person is needed.
  await Deno.remove(`${store}/assertions`, { recursive: true });
  await idp.forget();
  const lonely = await home.run("athm aws exec work --rotate");
  assert.equal(lonely.exit, 125);
  assert.match(lonely.err, /requires input in the browser: prompts are disabled/);
  assert.match(lonely.err, /hint: run athm aws exec work on a terminal to sign in/);

  // With a person: first without a window, then with one.
  const again = await withPerson(
    world,
    wrapper,
    "athm aws exec work --rotate",
    [],
    logsIn("alice"),
  );
  assert.equal(again.exit, 0, again.screen);
  assert.equal(actions().length, 3);
  assert.deepEqual(arrived, []);

  const removed = await home.run("athm aws rm work && ls -A .local/share/athm/browser");
  assert.deepEqual([removed.exit, removed.out], [0, ""], removed.err);
});

interop("closing the window midway saves nothing", browserNeeds, async (world) => {
  const { home, store, actions } = world;
  const wrapper = await browserWrapper(home.folder);
  home.env.set("ATHM_BROWSER", wrapper.path);
  const add = 'athm aws add work --saml-url "$IDP" --endpoint-url "$STS"';
  const watched = await withPerson(world, wrapper, add, [], async (person) => {
    await person.until("document.querySelector('input[name=password]')");
    await person.closeWindow();
  });
  assert.equal(watched.exit, 1, watched.screen);
  assert.match(
    watched.screen,
    /the browser was closed before the sign-in at 127\.0\.0\.1:\d+ completed/,
  );
  assert.deepEqual(actions(), []);
  await assert.rejects(Deno.stat(`${store}/profiles`), Deno.errors.NotFound);
});

interop(
  "an interrupt while the window is open leaves no browser running",
  browserNeeds,
  async (world) => {
    const { home, store, atTerminal } = world;
    const wrapper = await browserWrapper(home.folder);
    home.env.set("ATHM_BROWSER", wrapper.path);
    const add = 'athm aws add work --saml-url "$IDP" --endpoint-url "$STS"';
    // As a terminal sends it, after the window has been open for a while.
    const { exit, timedOut, screen } = await atTerminal(
      `sh -c '(until [ -s browser-calls ]; do sleep 0.1; done; sleep 2; kill -INT $$) & exec ${add}'`,
    );
    assert.match(screen, /sign in to 127\.0\.0\.1/);
    assert.equal(await wrapper.windows(), 1);
    assert.deepEqual([exit, timedOut], [130, false]);
    for (let tries = 0; using(store).length > 0 && tries < 100; tries++) {
      await new Promise((done) => setTimeout(done, 100));
    }
    assert.deepEqual(using(store), []);
  },
);

/** Processes that have this folder in their arguments. */
function using(folder: string): string[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).flatMap(
    ({ name }) => {
      try {
        const line = Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ");
        return line.includes(folder) ? [`${name} ${line.slice(0, 100)}`] : [];
      } catch {
        return [];
      }
    },
  );
}

for (const [name, start] of [["a pipe", startOnPipe], ["a port", startOnPort]] as const) {
  Deno.test(
    unless(noChromium(), `devtools: Chromium answers over ${name}, and ends`),
    async () => {
      const folder = await Deno.makeTempDir({ prefix: "athm-devtools-" });
      const { path } = await browserWrapper(folder);
      const spec = { command: path, args: ["about:blank"], profile: `${folder}/profile` };
      const browser = await start(spec);
      const devtools = connectDevTools(browser, () => {});
      const version = await devtools.send("Browser.getVersion");
      assert.match(String(version["product"]), /Chrome/);
      await browser.close();
      await devtools.gone;
      assert.ok(await browser.ended);
      await Deno.remove(folder, { recursive: true });
    },
  );
}

Deno.test("devtools: reports a browser that exits at once or is missing", async () => {
  const profile = await Deno.makeTempDir({ prefix: "athm-devtools-" });
  const none = startOnPipe({ command: "/nonexistent/browser", args: [], profile });
  const devtools = connectDevTools(none, () => {});
  await devtools.gone;
  assert.deepEqual(await none.ended, { kind: "exit", code: 127 });
  await none.close();
  const ends = startOnPort({ command: "/bin/false", args: [], profile });
  await assert.rejects(ends, /the browser \/bin\/false started but does not respond/);
  await Deno.remove(profile, { recursive: true });
});
