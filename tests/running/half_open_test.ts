/** A client with the token is served however many connections others hold open. */
import { execWorld, pause, timed } from "../support/exec_world.ts";
import assert from "node:assert/strict";
import { sendRaw } from "../support/raw_http.ts";

/** Four times as many as the server takes. */
const held = 1000;
/** As often as SDKs ask: a client that the machine lets wait after connecting may be displaced. */
const attempts = 3;
/** The figures of docs/benchmarks.md are of more requests. */
const hasFigures = Deno.env.has("ATHM_FIGURES");
const requests = hasFigures ? 300 : 100;

/** Keeps `count` connections open that never finish a request, and opens new ones as they are closed. */
const flood = `
const [port, count] = [Number(Deno.args[0]), Number(Deno.args[1])];
let opened = 0;
const starts = ["", "GET /credentials HTTP/1.1\\r\\nAuthorization: wrong\\r\\n"];
async function hold(start) {
  for (;;) {
    try {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      if (++opened % count === 0) console.log(opened);
      await connection.write(new TextEncoder().encode(start));
      while (await connection.read(new Uint8Array(1024)) !== null);
    } catch {
      // The server cut the connection: open the next.
    }
    await new Promise((done) => setTimeout(done, 100));
  }
}
for (let each = 0; each < count; each++) hold(starts[each % 2]);
`;

/** What `ulimit -n` allows; without a number, what the machine does. */
for (const descriptors of [undefined, 256]) {
  const few = descriptors === undefined ? "" : `, with ${descriptors} file descriptors`;
  const name = `half-open connections: exec --server answers every request with the token${few}`;
  Deno.test(name, () => answersAll(descriptors));
}

async function answersAll(descriptors: number | undefined): Promise<void> {
  const turns = descriptors === undefined ? requests : 20;
  await using world = await execWorld();
  if (descriptors !== undefined) {
    const shim = await Deno.readTextFile(world.home.athm);
    const limited = shim.replace("\n", `\nulimit -n ${descriptors}\n`);
    await Deno.writeTextFile(world.home.athm, limited);
  }
  const line = 'echo "at $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN ."';
  const command = ["/bin/sh", "-c", `${line}; exec sleep 300`];
  const athm = world.start(["aws", "exec", "example", "--server", "--", ...command]);
  const [, host = "", path = "", token = ""] = await athm.sees(
    /at http:\/\/(127\.0\.0\.1:\d+)(\/\S+) (\S+) \./,
  );
  const port = Number(host.split(":")[1]);
  const script = `${world.home.folder}/flood.js`;
  await Deno.writeTextFile(script, flood);
  const flooder = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", "--allow-net=127.0.0.1", script, `${port}`, `${held}`],
    stdout: "piped",
  }).spawn();
  let reopened = 0;
  const counted = (async () => {
    for await (const text of flooder.stdout.pipeThrough(new TextDecoderStream())) {
      reopened = Number(text.trim().split("\n").at(-1));
    }
  })();
  try {
    while (reopened === 0) await pause(10);
    const times: number[] = [];
    const tries: number[] = [];
    const text = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${token}\r\n\r\n`;
    while (times.length < turns || reopened < 2 * held) {
      let status = 0;
      let count = 0;
      const { took } = await timed((async () => {
        while (status !== 200 && count++ < attempts) ({ status } = await sendRaw(port, text));
      })());
      assert.equal(status, 200);
      times.push(took);
      tries.push(count);
      await pause(5);
    }
    times.sort((a, b) => a - b);
    const at = (part: number) => `${times[Math.ceil(part * times.length) - 1]?.toFixed(1)} ms`;
    const first = tries.filter((each) => each === 1).length;
    const figures = `median ${at(0.5)}, 99 % ${at(0.99)}, longest ${at(1)}; ` +
      `${first} of ${times.length} at the first attempt; ${reopened} connections opened`;
    if (hasFigures) await Deno.stdout.write(new TextEncoder().encode(`${figures}\n`));
    if (descriptors === undefined) assert.ok(first >= 0.9 * times.length, figures);
  } finally {
    flooder.kill("SIGKILL");
    await counted;
    athm.signal("SIGTERM");
    await athm.ended;
  }
}
