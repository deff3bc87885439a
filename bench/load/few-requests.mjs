/** A few hundred requests, one connection each, so that every worker gets some. */
import { firstAnswer } from './first-answer.mjs';

const LANES = 8;

/** @param {number} port @param {number} requests */
export async function fewRequests(port, requests) {
  let left = requests;
  const lane = async () => {
    while (left-- > 0) await firstAnswer(port);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
