import { type Kind, text } from '@tshorn/config';

export const releaseName: Kind<string> = text(
  'RELEASE',
  'the name of a release, or the number of a generation',
  /^[\x21-\x7e]{1,100}$/,
);
