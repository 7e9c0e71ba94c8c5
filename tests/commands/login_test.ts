// The console's sign-in URL reaches only the browser: no argument list and no other user.
import assert from "node:assert/strict";
import fc from "fast-check";
import { signInUrl } from "../../src/aws/federation.ts";
import { oneTimeRedirect } from "../../src/delivery/one_time_redirect.ts";
import { checkDestination, consoleOf } from "../../src/model/console.ts";
import { Failure } from "../../src/model/failure.ts";
import { partitions } from "../../src/model/partitions.ts";
import { Secret } from "../../src/model/secret.ts";
import { run } from "../../src/program.ts";
import { connect } from "../../src/system/http.ts";
import { listenerOver } from "../../src/system/listener.ts";
import type { System } from "../../src/system/system.ts";
import { sendRaw } from "../support/raw_http.ts";
import { role, sessionTest } from "../support/session_world.ts";
import { sampleSession } from "../support/store_samples.ts";
import { testSystem } from "../support/test_system.ts";

/** Fakes the system's socket table for both ends of a connection. */
function withPeers(uid: (port: number) => string): Partial<System> {
  let own = 0;
  const peers = new Set<number>();
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");
  const row = (port: number, remote: number, state: string, owner: string) =>
    `   0: 0100007F:${hex(port)} 0100007F:${hex(remote)} ${state} ` +
    `00000000:00000000 00:00000000 00000000  ${owner}        0 1 1 0`;
  const table = () =>
    [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid",
      // The table shows closed connections as owned by root.
      ...Array.from(peers, (port) => row(port, 443, "06", "0")),
      row(own, 0, "0A", uid(own)),
      ...Array.from(peers, (port) => row(port, own, "01", uid(port))),
    ].join("\n");
  return {
    listen: (options) => {
      const listener = listenerOver(Deno.listen(options));
      own = listener.port;
      const accept = listener.accept;
      return {
        ...listener,
        port: own,
        accept: async () => {
          const next = await accept();
          if (next) peers.add(next.peerPort);
          return next;
        },
      };
    },
    children: {
      ...testSystem().children,
      help: ({ command, args }) => {
        assert.deepEqual([command, ...args], ["cat", "/proc/net/tcp"]);
        return Promise.resolve({ code: 0, stdout: table() });
      },
    },
  };
}

sessionTest(
  "login: opens the browser with a redirect and waits for it",
  async (world) => {
    const { system, store } = await world.machine();
    await store.saveProfile(world.profile("example", { roleArns: [role] }), { replace: false });
    const seen: string[] = [];
    let location = "";
    const browser = {
      isThere: () => Promise.resolve(true),
      open: async (url: string) => {
        seen.push(url);
        const response = await fetch(url, { redirect: "manual" });
        await response.body?.cancel();
        assert.equal(response.status, 303);
        assert.equal(response.headers.get("cache-control"), "no-store");
        location = response.headers.get("location") ?? "";
        return true;
      },
    };
    const machine = { ...system, ...withPeers(() => "1000"), browser };
    assert.equal(await run(["aws", "login", "example"], machine), 0, system.captured.said.join());
    assert.equal(seen.length, 1);
    assert.match(seen[0] ?? "", /^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}$/);
    const url = new URL(location);
    assert.equal(url.origin + url.pathname, "https://signin.aws.amazon.com/federation");
    assert.equal(url.searchParams.get("Action"), "login");
    assert.equal(
      url.searchParams.get("Destination"),
      "https://console.aws.amazon.com/console/home",
    );
    const token = url.searchParams.get("SigninToken") ?? "";
    assert.ok(world.aws.secrets().includes(token));
    const said = system.captured.out + system.captured.said.join("\n") +
      JSON.stringify(system.events);
    assert.ok(!said.includes(token) && !said.includes(encodeURIComponent(token)));
    assert.match(said, /opening the console of 123456789012/);
  },
);

sessionTest(
  "login: names the extension that a Firefox container requires before it waits for the browser",
  async (world) => {
    const { system, store } = await world.machine();
    await store.saveProfile(world.profile("example", { roleArns: [role] }), { replace: false });
    system.variables.set("DISPLAY", ":9");
    let before: readonly string[] = [];
    const machine: System = {
      ...system,
      ...withPeers(() => "1000"),
      children: {
        ...system.children,
        help: () => Promise.resolve({ code: 0, stdout: "/usr/bin/firefox\n" }),
      },
      browser: { isThere: () => Promise.resolve(true), open: () => Promise.resolve(true) },
      sleep: (milliseconds, signal) => {
        if (milliseconds < 60_000) return system.sleep(milliseconds, signal);
        before = [...system.captured.said];
        return Promise.resolve();
      },
    };
    assert.equal(await run(["aws", "login", "example", "--in", "firefox:work"], machine), 1);
    const opening = "athm: opening the console of 123456789012 as example in the Firefox " +
      "container work, which requires the extension Granted Containers";
    assert.deepEqual(before.slice(-1), [opening]);
    assert.deepEqual(system.captured.said.slice(before.length), [
      "athm: error: /usr/bin/firefox did not open the page",
      "athm: hint: install the Firefox extension Granted Containers, or use --print instead",
    ]);
  },
);

sessionTest(
  "login: chained roles reject --duration, and the console of their partition opens",
  async (world) => {
    const { system, store } = await world.machine();
    await store.saveProfile(world.profile("chain", { roleArns: [role, role] }), { replace: false });
    assert.equal(await run(["aws", "login", "chain", "--print", "--duration", "1h"], system), 2);
    assert.match(
      system.captured.said.join("\n"),
      /not allowed for a role assumed from another role/,
    );
    assert.equal(await run(["aws", "login", "chain", "--print"], system), 0);
    assert.match(
      system.captured.out,
      /^https:\/\/signin\.aws\.amazon\.com\/federation\?Action=login&/,
    );
  },
);

async function redirected(
  uid: (port: number) => string,
  work: (url: URL) => Promise<void>,
  platform: System["platform"] = "linux",
): Promise<void> {
  const system = testSystem({ system: { ...withPeers(uid), platform } });
  await using page = oneTimeRedirect(system, new Secret("https://example.com/?secret"));
  await work(new URL(page.url));
}

const get = async (url: URL, path = url.pathname, host = url.host) =>
  (await sendRaw(Number(url.port), `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status;

Deno.test("login: the redirect works once, and only for its exact host and path", async () => {
  await redirected(() => "1000", async (url) => {
    assert.equal(await get(url, "/"), 404);
    assert.equal(await get(url, "/favicon.ico"), 404);
    assert.equal(await get(url, url.pathname, "attacker.example"), 404);
    assert.equal(await get(url), 303);
    assert.equal(await get(url), 410);
  });
});

Deno.test("login: another user of the machine is not redirected and does not use up the redirect", async () => {
  let other = true;
  let own = 0;
  await redirected((port) => port === own ? "1000" : other ? "1001" : "1000", async (url) => {
    own = Number(url.port);
    assert.equal(await get(url), 403);
    other = false;
    assert.equal(await get(url), 303);
  });
});

Deno.test("login: without socket owners, the unguessable URL is the only check", async () => {
  await redirected(() => "", async (url) => assert.equal(await get(url), 303), "darwin");
});

Deno.test("login: each partition has its console, and GovCloud one with FIPS", () => {
  const places = (fips: boolean) =>
    partitions.map(({ id }) => [id, consoleOf(id, fips).federationUrl] as const);
  const plain = [
    ["aws", "https://signin.aws.amazon.com/federation"],
    ["aws-us-gov", "https://signin.amazonaws-us-gov.com/federation"],
    ["aws-cn", "https://signin.amazonaws.cn/federation"],
    ["aws-eusc", "https://eusc-de-east-1.signin.amazonaws-eusc.eu/federation"],
    ["aws-iso", "https://us-iso-east-1.signin.c2shome.ic.gov/federation"],
    ["aws-iso-b", "https://us-isob-east-1.signin.sc2shome.sgov.gov/federation"],
    ["aws-iso-e", "https://eu-isoe-west-1.signin.csphome.adc-e.uk/federation"],
    ["aws-iso-f", "https://us-isof-south-1.signin.csphome.hci.ic.gov/federation"],
  ];
  assert.deepEqual(places(false), plain);
  const fips = "https://signin-fips.amazonaws-us-gov.com/federation";
  assert.deepEqual(
    places(true),
    plain.map(([id, url]) => [id, id === "aws-us-gov" ? fips : url]),
  );
  assert.equal(consoleOf("aws-iso").consoleHost, "console.c2shome.ic.gov");
  assert.throws(() => consoleOf("aws-moon"), Failure);
});

Deno.test("login: a destination outside the console is rejected", () => {
  const host = "console.aws.amazon.com";
  for (const good of [`https://${host}/s3/home?region=x#y`, `https://eu-west-1.${host}/`]) {
    assert.equal(checkDestination(good, host), good);
  }
  const bad = [
    `http://${host}/`,
    `https://${host}:444/`,
    `https://${host}.example.com/`,
    `https://evil${host}/`,
    `https://user@${host}/`,
    `https://example.com/${host}`,
    `https://example.com#.${host}`,
    `https:\\\\${host}\\`,
    `https://${host}\\@example.com/`,
    "javascript:alert(1)",
    "//" + host,
    "",
  ];
  for (const text of bad) {
    try {
      const { hostname } = new URL(checkDestination(text, host));
      assert.equal(hostname, host, text);
    } catch (error) {
      assert.ok(error instanceof Failure, text);
    }
  }
  fc.assert(fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (text) => {
    assert.throws(() => checkDestination(text, host), Failure);
  }));
});

Deno.test("login: every federation response yields a token or an error that does not quote it", async () => {
  const answers = fc.record({
    status: fc.constantFrom(200, 201, 301, 302, 400, 403, 405, 429, 500, 503),
    body: fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({
        SigninToken: fc.oneof(fc.string(), fc.constant("canary-".repeat(3000)), fc.nat()),
      })
        .map((each) => JSON.stringify(each)),
      fc.constant(JSON.stringify({ SigninToken: "canary-canary-canary" })),
    ),
  });
  const session = sampleSession();
  await fc.assert(fc.asyncProperty(answers, async ({ status, body }) => {
    const headers: Record<string, string> = status < 400 && status >= 300
      ? { location: "https://example.com/" }
      : {};
    let sent = "";
    using http = connect((url, init) => {
      sent = url;
      assert.equal(init.redirect, "manual");
      return Promise.resolve(new Response(body, { status, headers }));
    }, () => {});
    const request = {
      federationUrl: "https://signin.aws.amazon.com/federation",
      session,
      destination: "https://x/",
    };
    try {
      const url = await signInUrl(testSystem(), http, request);
      assert.equal(status, 200);
      assert.equal(
        new URL(url.reveal()).searchParams.get("SigninToken"),
        JSON.parse(body).SigninToken,
      );
    } catch (error) {
      assert.ok(error instanceof Failure, String(error));
      assert.ok(!`${error.message} ${error.hint}`.includes("canary"));
    }
    assert.equal(sent, request.federationUrl, "the URL contains no secret");
  }));
});
