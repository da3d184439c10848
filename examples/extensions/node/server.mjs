// warm-up: requests a version that was just deployed until it was answered often enough. CloudEvents over HTTP with what
// Node brings, and nothing of keptn's.
import { createHash } from "node:crypto";
import { createServer } from "node:http";

const TASK = "sh.keptn.event.warm-up";

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  let answer;
  try {
    answer = await answerTo(request, Buffer.concat(chunks).toString());
  } catch (trouble) {
    console.error(trouble.message);
    answer = { status: 503 }; // the Broker asks again, with back-off; in the end its dead-letter sink ends the task
  }
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
});

async function answerTo(request, body) {
  const triggered = { id: request.headers["ce-id"], context: request.headers["ce-shkeptncontext"] };
  if (request.headers["ce-type"] !== `${TASK}.triggered`) return { status: 204 }; // also probes; never a body that is no event
  try {
    triggered.data = JSON.parse(body);
  } catch {
    return { status: 422 }; // will never be read: to the dead-letter sink at once
  }
  // What the shipyard says of the task, and what the tasks before it found: both are in the event.
  const { url = triggered.data.deployment?.deploymentURIsLocal?.[0], requests = 10 } = triggered.data["warm-up"] ?? {};
  if (!url) {
    const message = "nothing was deployed before, and the shipyard names no url for warm-up";
    return { status: 200, ...event(triggered, "finished", { status: "errored", result: "fail", message }) };
  }
  await tell(event(triggered, "started", { message: `${requests} requests` })); // people see that it runs
  const took = [];
  while (took.length < requests) {
    const began = performance.now();
    await (await fetch(url)).arrayBuffer();
    took.push(Math.round(performance.now() - began));
  }
  const message = `the first request took ${took[0]} ms, the last ${took.at(-1)} ms`;
  return { status: 200, ...event(triggered, "finished", { result: "pass", message, "warm-up": { took_ms: took } }) };
}

// In binary mode. The id is derived: a repeat of the trigger gives the same events again, which keptn knows by it.
function event(triggered, phase, data) {
  const { project, stage, service, labels } = triggered.data;
  return {
    headers: {
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": createHash("sha256").update(`${triggered.id}.${phase}`).digest("hex"),
      "ce-source": "warm-up",
      "ce-type": `${TASK}.${phase}`,
      "ce-time": new Date().toISOString(),
      "ce-shkeptncontext": triggered.context,
      "ce-triggeredid": triggered.id,
    },
    body: JSON.stringify({ project, stage, service, labels, status: "succeeded", ...data }),
  };
}

async function tell({ headers, body }) {
  const taken = await fetch(process.env.K_SINK, { method: "POST", headers, body });
  if (!taken.ok) throw new Error(`the Broker answered ${taken.status}`);
}

process.on("SIGTERM", () => server.close()); // what is under way is finished
server.listen(process.env.PORT ?? 8080);
