// The conversation of conftest.py with the npm package `smpp`.
//
// Reads one JSON object from standard input and prints one JSON object for each thing that happened.
import fs from "node:fs";
import smpp from "smpp";

const task = JSON.parse(fs.readFileSync(0, "utf8"));
const say = (event) => console.log(JSON.stringify(event));
const fail = (error) => {
  console.error(error);
  process.exit(1);
};

const session = smpp.connect({
  host: task.host,
  port: task.port,
  tls: task.ca !== null,
  ca: task.ca === null ? undefined : fs.readFileSync(task.ca),
  servername: task.host,
});
let isOver = false;
session.on("error", (error) => {
  // After unbind_resp both sides close; the later one's last words may meet a closed socket.
  if (!isOver) fail(error);
});

const request = (command, fields = {}) =>
  new Promise((resolve) => session[command](fields, resolve));

const receipt = new Promise((resolve) => {
  session.on("deliver_sm", (pdu) => {
    const text = pdu.short_message.message;
    say({
      event: "receipt",
      message_id: pdu.receipted_message_id,
      text_id: /^id:(\S+)/.exec(text)?.[1],
      stat: /stat:(\S+)/.exec(text)?.[1],
      message_state: pdu.message_state,
      esm_class: pdu.esm_class,
      source: pdu.source_addr,
      destination: pdu.destination_addr,
    });
    session.send(pdu.response());
    resolve();
  });
});

const submit = async (destination) => {
  const fields = {
    source_addr_ton: 5,
    source_addr_npi: 0,
    source_addr: task.sender,
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: destination,
    registered_delivery: 1,
    short_message: task.text,
  };
  await new Promise((resolve) => {
    session.submit_sm(fields, (response) => {
      // Said here and not after an await, which a receipt in the same read would overtake.
      say({
        event: "response",
        destination,
        status: response.command_status,
        message_id: response.message_id ?? "",
      });
      resolve();
    });
  });
};

const ready = new Promise((resolve) =>
  session.on(task.ca === null ? "connect" : "secureConnect", resolve),
);
await ready;
const bound = await request("bind_transceiver", {
  system_id: task.system_id,
  password: task.password,
  interface_version: 0x34,
});
say({ event: "bound", status: bound.command_status });
if (bound.command_status !== 0) fail("not bound");
await submit(task.delivered);
await receipt;
await submit(task.refused);
say({ event: "enquire_link", status: (await request("enquire_link")).command_status });
await new Promise((resolve) => {
  session.unbind({}, (response) => {
    isOver = true;
    say({ event: "unbound", status: response.command_status });
    resolve();
  });
});
session.close();
