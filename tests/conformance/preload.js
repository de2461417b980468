// Loaded before the test server, which would listen on every address and does not say on which port:
// bind it to the loopback address, and write the port to the file descriptor that PORT_FD names.
const fs = require("fs");
const net = require("net");

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, callback) {
  this.once("listening", () => fs.writeFileSync(Number(process.env.PORT_FD), `${this.address().port}\n`));
  return listen.call(this, { port, host: "127.0.0.1" }, callback);
};
