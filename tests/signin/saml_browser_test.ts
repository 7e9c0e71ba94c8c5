// Signing in with a fake browser: which commands it gets, what athm intercepts and what it blocks.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { signInByBrowser } from "../../src/signin/saml/browser.ts";
import { zeroEnded } from "../../src/system/devtools.ts";
import {
  type Command,
  page,
  Played,
  post,
  saml,
  withPage,
} from "../support/saml/played_browser.ts";
import { failsAs } from "../support/session_world.ts";
import { settle, type TestSystem, testSystem } from "../support/test_system.ts";

const url = "https://idp.example.com/aws";
const folder = "/home/ann/.local/share/athm/browser/0123";

interface World {
  readonly system: TestSystem;
  /** Started browsers. */
  readonly browsers: Played[];
  signIn(): Promise<string>;
}

function world(
  reacts: (browser: Played, command: Command) => void,
  { known = false, answers, desktop = true }: {
    readonly known?: boolean;
    readonly answers?: readonly string[];
    readonly desktop?: boolean;
  } = {},
): World {
  const browsers: Played[] = [];
  const system: TestSystem = testSystem({
    ...answers ? { answers } : {},
    env: {
      ATHM_BROWSER: "/opt/chrome",
      HOME: "/home/ann",
      ...desktop ? { DISPLAY: ":0" } : {},
    },
    system: {
      children: {
        start: () => assert.fail("no child"),
        help: ({ args }) => Promise.resolve({ code: 0, stdout: `${args.at(-1)}\n` }),
        onSignal: () => () => {},
      },
      devtools: {
        start: (spec) => {
          const browser = new Played(spec, reacts);
          browsers.push(browser);
          system.files.makeFolder(spec.profile, 0o700);
          return Promise.resolve(browser);
        },
      },
    },
  });
  if (known) system.files.makeFolder(`${folder}/profile`, 0o700);
  return {
    system,
    browsers,
    signIn: async () => (await signInByBrowser(system, url, folder)).reveal(),
  };
}

Deno.test("saml browser: opens a window and intercepts the request to AWS first", async () => {
  const { system, browsers, signIn } = world(
    withPage((browser) =>
      browser.event(...post("R1", saml, "SAMLResponse=PHg%2BPC94Pg%3D%3D&RelayState="))
    ),
    { answers: [] },
  );
  assert.equal(await signIn(), "PHg+PC94Pg==");
  const [browser = assert.fail()] = browsers;
  assert.equal(browsers.length, 1);
  const { command, args, profile } = browser.spec;
  assert.deepEqual([command, profile], ["/opt/chrome", `${folder}/profile`]);
  assert.ok(!args.some((arg) => /sandbox|headless|https?:/.test(arg)), args.join(" "));
  assert.deepEqual(browser.methods(), [
    "Target.setAutoAttach",
    "Fetch.enable",
    "Target.setAutoAttach",
    "Page.enable",
    "Runtime.runIfWaitingForDebugger",
    "Page.navigate",
    "Fetch.failRequest",
    "Browser.close",
  ]);
  assert.ok(browser.closed);
  assert.match(system.captured.said.join(), /sign in to idp\.example\.com in the browser window/);
  assert.equal(system.files.facts(folder)?.mode, 0o700);
});

Deno.test("saml browser: passes other requests on, and watches popups and frames", async () => {
  const { browsers, signIn } = world(
    withPage(async (browser) => {
      browser.event(...page("S2", "iframe"));
      browser.event(...page("S3"));
      browser.event(...post("R1", saml, "", "GET"));
      browser.event(...post("R2", saml, "RelayState=x"));
      browser.event(
        ...post("R3", "https://signin.aws.amazon.com.example.com/saml", "SAMLResponse=x"),
      );
      browser.event("Target.detachedFromTarget", { sessionId: "S3" });
      await settle();
      browser.event(...post("R4", `${saml}/acs/x`, "SAMLResponse=good"));
    }),
    { answers: [] },
  );
  assert.equal(await signIn(), "good");
  const [browser = assert.fail()] = browsers;
  const judged = browser.commands.filter(({ method }) => /^Fetch\.(continue|fail)/.test(method))
    .map(({ method, params }) => `${method} ${params["requestId"]}`);
  assert.deepEqual(judged, [
    "Fetch.continueRequest R1",
    "Fetch.continueRequest R2",
    "Fetch.continueRequest R3",
    "Fetch.failRequest R4",
  ]);
  const watched = browser.commands.filter(({ method }) => method === "Fetch.enable");
  assert.deepEqual(watched.map(({ sessionId }) => sessionId), ["S1", "S2", "S3"]);
  // Only the first page is navigated.
  assert.equal(browser.methods().filter((method) => method === "Page.navigate").length, 1);
});

Deno.test("saml browser: stays hidden while the provider remembers the sign-in", async () => {
  const { browsers, signIn } = world(
    withPage((browser) => browser.event(...post("R1", saml, "SAMLResponse=good"))),
    { known: true },
  );
  assert.equal(await signIn(), "good");
  assert.deepEqual(browsers.map(({ spec }) => spec.args.includes("--headless=new")), [true]);
});

/** Advances a browser's clock until `work` ends. */
async function timed(system: TestSystem, work: Promise<unknown>, step = 500): Promise<void> {
  let ended = false;
  const end = () => void (ended = true);
  work.then(end, end);
  for (let turn = 0; !ended && turn < 2000; turn++) {
    await settle();
    await system.advance(step);
  }
  assert.ok(ended, "it never came to an end");
}

Deno.test("saml browser: a waiting page opens a window, or fails if prompts are disabled", async () => {
  const waits = withPage((browser) => browser.event("Page.loadEventFired", {}, "S1"));
  const alone = world(waits, { known: true });
  const lonely = alone.signIn();
  await timed(alone.system, lonely.catch(() => {}));
  await failsAs(
    "needs-person",
    lonely,
    /idp\.example\.com requires input in the browser/,
    /on a terminal/,
  );
  assert.ok(alone.browsers.every(({ closed }) => closed));

  const nowhere = world(waits, { known: true, answers: [], desktop: false });
  const hidden = nowhere.signIn();
  await timed(nowhere.system, hidden.catch(() => {}));
  await failsAs("needs-person", hidden, /no desktop/, /--saml-via form/);

  const attended = world(
    withPage((browser) =>
      browser.spec.args.includes("--headless=new")
        ? browser.event("Page.loadEventFired", {}, "S1")
        : browser.event(...post("R1", saml, "SAMLResponse=good"))
    ),
    { known: true, answers: [] },
  );
  const work = attended.signIn();
  await timed(attended.system, work);
  assert.equal(await work, "good");
  assert.equal(attended.browsers.length, 2);
  assert.ok(attended.system.now() - 1_767_225_600_000 < 15_000, "it waits for seconds, no more");
});

Deno.test("saml browser: opens the window as soon as the page waits for a person", async () => {
  const loaded = (browser: Played) => {
    browser.event("Page.frameStartedLoading", { frameId: "F" }, "S1");
    browser.event("Page.loadEventFired", {}, "S1");
    browser.event("Page.frameStoppedLoading", { frameId: "F" }, "S1");
  };
  const table: readonly (readonly [Played["shows"], (browser: Played) => void, number, number])[] =
    [
      ["field", loaded, 500, 1000],
      ["button", loaded, 1500, 2000],
      ["nothing", loaded, 4000, 4500],
      ["busy", loaded, 4000, 4500],
      // What it shows is about to go: it submits itself.
      [
        "field",
        (browser) => {
          loaded(browser);
          browser.event("Page.frameStartedLoading", { frameId: "F" }, "S1");
        },
        4000,
        4500,
      ],
      // A frame that is taken away loads no more.
      [
        "field",
        (browser) => {
          loaded(browser);
          browser.event("Page.frameStartedLoading", { frameId: "G" }, "S1");
          browser.event("Page.frameDetached", { frameId: "G" }, "S1");
        },
        500,
        1000,
      ],
      // Nothing came yet.
      ["field", () => {}, 30_000, 30_500],
    ];
  for (const [shows, acts, least, most] of table) {
    const { system, signIn } = world(
      withPage((browser) => {
        browser.shows = shows;
        acts(browser);
      }),
      { known: true },
    );
    const begun = system.monotonic();
    const work = signIn();
    await timed(system, work.catch(() => {}), 50);
    const took = system.monotonic() - begun;
    assert.ok(took >= least && took <= most, `${shows} took ${took} ms`);
    await failsAs("needs-person", work, /requires input/, /Stay signed in/);
  }
});

Deno.test("saml browser: a page that goes on by itself is left alone, whatever it shows", async () => {
  const { system, browsers, signIn } = world(
    withPage(async (browser) => {
      browser.shows = "field";
      for (let turn = 0; turn < 20; turn++) {
        browser.event("Page.frameNavigated", {}, "S1");
        await system.sleep(400);
      }
      browser.event(...post("R1", saml, "SAMLResponse=good"));
    }),
    { known: true },
  );
  const work = signIn();
  await timed(system, work, 50);
  assert.equal(await work, "good");
  assert.equal(browsers.length, 1);
});

Deno.test("saml browser: waits for another athm's browser, with a limit if prompts are disabled", async () => {
  const done = withPage((browser) => browser.event(...post("R1", saml, "SAMLResponse=good")));
  for (const answers of [undefined, []]) {
    const { system, browsers, signIn } = world(done, {
      known: true,
      ...answers ? { answers } : {},
    });
    const other = system.files.tryLock(`${folder}/lock`) ?? assert.fail();
    const work = signIn();
    // Until it ends, only catch its rejection.
    work.catch(() => {});
    for (let second = 0; second < 62; second++) {
      await settle();
      await system.advance(1000);
    }
    assert.equal(browsers.length, 0);
    assert.deepEqual(system.captured.said, [
      "athm: waiting for another athm process to sign in in the browser",
    ]);
    if (!answers) await failsAs("needs-person", work, /another athm has had the browser open/);
    other.release();
    if (answers) {
      await timed(system, work);
      assert.equal(await work, "good");
    }
  }
});

Deno.test("saml browser: times out after ten minutes", async () => {
  const { system, signIn } = world(withPage(() => {}), { answers: [] });
  const work = signIn();
  await timed(system, work.catch(() => {}), 20_000);
  await failsAs(
    "source",
    work,
    /the sign-in at idp\.example\.com was not completed within 10 minutes/,
  );
});

Deno.test("saml browser: reports a closed browser and removes its profile", async () => {
  const closes = world(
    withPage((browser) => browser.event("Target.detachedFromTarget", { sessionId: "S1" })),
    { answers: [] },
  );
  await failsAs(
    "source",
    closes.signIn(),
    /closed before the sign-in at idp\.example\.com completed/,
  );
  assert.equal(closes.system.files.facts(`${folder}/profile`), undefined);

  // A failed removal does not hide the original error.
  const stuck = world(
    withPage((browser) => browser.event("Target.detachedFromTarget", { sessionId: "S1" })),
    { answers: [] },
  );
  const why = new Failure("files", "the folder is not empty");
  Object.assign(stuck.system.files, {
    remove: () => {
      throw why;
    },
  });
  await failsAs("source", stuck.signIn(), /closed before/);
  assert.equal(stuck.system.events.at(-1)?.event, "not cleaned up");

  const crashes = world(withPage((browser) => browser.end({ kind: "signal", number: 9 })), {
    answers: [],
  });
  await failsAs("source", crashes.signIn(), /closed before/);

  const never = world((browser) => browser.end({ kind: "exit", code: 1 }), { answers: [] });
  await failsAs(
    "source",
    never.signIn(),
    /\/opt\/chrome exited immediately \(exit code 1\)/,
    /ATHM_BROWSER/,
  );
});

Deno.test("devtools: reads messages however they are split, and rejects nonsense", async () => {
  const texts = fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", "")));
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 1, max: 9 }), async (messages, size) => {
      const bytes = new TextEncoder().encode(messages.map((text) => `${text}\0`).join("") + "rest");
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
      }
      assert.deepEqual(await Array.fromAsync(zeroEnded(chunks())), messages);
    }),
  );

  const odd = fc.oneof(fc.json(), fc.string(), fc.constantFrom('{"method":"Fetch.requestPaused"}'));
  await fc.assert(
    fc.asyncProperty(fc.array(odd), async (messages) => {
      const { signIn } = world(
        withPage((browser) => {
          for (const message of messages) browser.raw(message);
          browser.event(...post("R1", saml, "SAMLResponse=good"));
        }),
        { known: true },
      );
      assert.equal(await signIn(), "good");
    }),
    { numRuns: 50 },
  );
});
