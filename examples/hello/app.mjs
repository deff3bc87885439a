// The smallest app: a function that answers a request.
export default (_request, response) => {
  response.end('hello\n');
};
