export function loader() {
  return Response.json({ hello: 'world' });
}
