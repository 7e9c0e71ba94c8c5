import { defined } from "../model/fields.ts";
import { type Format, plainValue } from "./format.ts";

/** A section of `~/.aws/credentials`, for programs that support nothing else. */
export const ini: Format = {
  name: "ini",
  help: "the AWS credentials file",
  print: ({ name = "athm", session, region }) => {
    const settings = defined({
      aws_access_key_id: session.accessKeyId,
      aws_secret_access_key: session.secretAccessKey.reveal(),
      aws_session_token: session.sessionToken.reveal(),
      region,
    });
    const lines = Object.entries(settings).map(([key, value]) =>
      `${key} = ${plainValue("ini", key, value)}\n`
    );
    return `[${plainValue("ini", "the profile name", name)}]\n${lines.join("")}`;
  },
  remove: { why: "a credentials file sets no variables; delete its section" },
};
