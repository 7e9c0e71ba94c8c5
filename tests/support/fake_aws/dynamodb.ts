/**
 * A handful of operations of DynamoDB that only show whether the caller may: they read and write
 * nothing.
 *
 * @module
 */

import { AwsError } from "./answers.ts";
import { authenticate } from "./authenticate.ts";
import { checkMay } from "./policies.ts";
import type { Incoming, Service } from "./service.ts";

const actions = ["ListTables", "GetItem", "PutItem", "DeleteTable"];

function actionOf({ headers }: Incoming): string {
  return /^DynamoDB_20120810\.(\w+)$/.exec(headers.get("x-amz-target") ?? "")?.[1] ?? "";
}

export const dynamodb: Service = {
  service: "dynamodb",
  claims: (incoming) => actionOf(incoming) !== "",
  describe: (incoming) => ({ action: actionOf(incoming), params: {} }),
  async handle(incoming, { accounts, now }) {
    const action = actionOf(incoming);
    if (!actions.includes(action)) throw new AwsError(400, "UnknownOperationException", "");
    const { credentials } = accounts;
    const { credential } = await authenticate(incoming, "dynamodb", credentials, now());
    checkMay(credential.principal, `dynamodb:${action}`);
    return Response.json({});
  },
  refuse: ({ status, code, message }) =>
    Response.json({ __type: `com.amazonaws.dynamodb#${code}`, message }, { status }),
};
