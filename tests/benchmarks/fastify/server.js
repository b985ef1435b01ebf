// The second anchor: the same body checked by the same JSON schema, one row and one outbox row in a
// transaction, and nothing else. `node server.js SCHEMA_FILE PORT`, the database in DSN.
"use strict";

const { randomUUID } = require("node:crypto");
const { readFileSync } = require("node:fs");
const fastify = require("fastify");
const { Pool } = require("pg");

const [schemaFile, port] = process.argv.slice(2);
const pool = new Pool({ connectionString: process.env.DSN, max: 10 });
const app = fastify({
  ajv: { customOptions: { coerceTypes: false, removeAdditional: false, strict: false } },
});

const receipt = { type: "object", properties: { id: { type: "string" } } };
const schema = {
  body: JSON.parse(readFileSync(schemaFile, "utf8")),
  response: { 201: receipt },
};

async function keep(id, body) {
  const connection = await pool.connect();
  try {
    await connection.query("BEGIN");
    await connection.query({
      name: "row",
      text: "INSERT INTO bare (id, body) VALUES ($1, $2)",
      values: [id, JSON.stringify(body)],
    });
    await connection.query({
      name: "event",
      text: "INSERT INTO bare_outbox (topic, key, value) VALUES ('bare', $1, $2)",
      values: [Buffer.from(id), Buffer.from(JSON.stringify({ id, urgency: body.urgency }))],
    });
    await connection.query("COMMIT");
  } catch (error) {
    await connection.query("ROLLBACK");
    throw error;
  } finally {
    connection.release();
  }
}

app.post("/v1/referrals", { schema }, async (request, reply) => {
  const id = randomUUID();
  await keep(id, request.body);
  return reply.code(201).send({ id });
});
app.get("/readyz", async () => ({ status: "ok" }));

app.listen({ host: "127.0.0.1", port: Number(port) });
