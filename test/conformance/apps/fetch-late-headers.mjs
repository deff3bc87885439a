// Responses whose own headers appear when their body is first asked for, as those of srvx and h3 2.
import app from './fetch-object.mjs';

class LateHeaders extends Response {
  #type;

  constructor(response) {
    super(response.body, response);
    this.#type = response.headers.get('content-type');
    this.headers.delete('content-type');
  }

  get body() {
    if (this.#type) this.headers.set('content-type', this.#type);
    return super.body;
  }
}

export default {
  fetch: async (request) => new LateHeaders(await app.fetch(request)),
};
