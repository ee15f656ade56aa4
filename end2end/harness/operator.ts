// What an operator does at the machine, beside the running server.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { program } from "./demo";

/** `shouma refund`: sets `amount` (yuan) of a payment aside; the running server returns it. */
export async function refund(payment: string, amount: string, reason: string): Promise<void> {
  const database = process.env.SHOUMA_E2E_DATABASE_URL;
  if (!database) throw new Error("SHOUMA_E2E_DATABASE_URL is not set: a refund needs the database of the server under test");
  await promisify(execFile)(program(), ["refund", payment, "--amount", amount, "--reason", reason], {
    env: { ...process.env, DATABASE_URL: database },
  });
}
