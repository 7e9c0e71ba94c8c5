import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";

/** The usage failure that `work` throws; its message must match. */
export function refuses(work: () => unknown, says: RegExp): Failure {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, "usage");
    assert.match(error.message, says);
    return error;
  }
  assert.fail("it was not refused");
}
