// Load on carts as shoppers make it: look at a cart, order every second one.
import http from "k6/http";
import { check } from "k6";

export const options = {
  scenarios: {
    shoppers: { executor: "constant-arrival-rate", rate: 15, timeUnit: "1s", duration: "3s", preAllocatedVUs: 10 },
  },
  thresholds: { http_req_failed: ["rate<0.01"] },
};

export default function () {
  const cart = String(Math.floor(Math.random() * 1000));
  check(http.get(`${__ENV.BASE_URL}/carts/${cart}`), { "a cart": (answer) => answer.status === 200 });
  const order = JSON.stringify({ cart });
  const headers = { "content-type": "application/json" };
  check(http.post(`${__ENV.BASE_URL}/orders`, order, { headers }), { "an order": (answer) => answer.status === 201 });
}
