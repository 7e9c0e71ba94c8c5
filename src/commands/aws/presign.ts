import { longestPresigned } from "../../aws/sigv4.ts";
import { rfc3339, type Session } from "../../model/credentials.ts";
import { formatTimeLeft, parseDuration } from "../../model/duration.ts";
import { usage } from "../../model/failure.ts";
import type { Command } from "../../line/command.ts";
import type { System } from "../../system/system.ts";
import { parseS3Url, presignedObject } from "../../tokens/s3.ts";
import { handingOut, tokenOptions, tokenOrigin } from "./token/origin.ts";

const methods = ["GET", "PUT", "HEAD", "DELETE"];

/** `athm aws presign s3://BUCKET/KEY [NAME]`: prints a URL that gives access to one object. */
export const command: Command = {
  count: [1, 2],
  options: [
    {
      name: "expires",
      value: "TIME",
      help: "how long the URL is valid: up to 168h (default 1h, at most the session)",
    },
    {
      name: "method",
      value: "METHOD",
      choices: methods,
      help: "request that the URL allows (default: GET)",
    },
    ...tokenOptions("region of the bucket"),
  ],
  examples: [
    "athm aws presign s3://bucket/report.pdf example",
    "athm aws presign s3://bucket/upload.zip --method PUT --expires 15m example",
  ],
  work: async (line, system) => {
    const [address = "", ...operands] = line.operands;
    const { values } = line;
    const object = parseS3Url(address);
    const given = values.text("expires");
    const asked = parseDuration(given ?? "1h", "--expires");
    if (asked < 1 || asked > longestPresigned) {
      throw usage("--expires: a presigned URL is valid for 1 second to 7 days (168h)");
    }
    const method = values.text("method") ?? "GET";
    const origin = await tokenOrigin(line, system, operands, { offer: true });
    const { region, session } = origin;
    const left = Math.floor((session.expires - system.now()) / 1000);
    const expires = given === undefined ? Math.max(1, Math.min(asked, left)) : asked;
    if (left < expires) sayItEndsSooner(system, session, expires);
    return await handingOut(
      system,
      origin,
      "s3",
      async () => `${await presignedObject(system, origin, object, { method, region, expires })}\n`,
    );
  },
};

function sayItEndsSooner(system: System, { expires, issued }: Session, asked: number): void {
  const until = `${rfc3339(expires)} (${formatTimeLeft(expires - system.now())})`;
  system.say(`athm: warning: the URL ends with its session, at ${until}`);
  if (expires - issued >= asked * 1000) system.say("athm: hint: use --rotate for a new session");
}
