import { writeFiles } from '../write-files.ts';
import { Project } from './testing/units.ts';

const project = new Project();
beforeEach(() => project.make());
afterEach(() => project.remove());

describe('the next lines', () => {
  it('put the files where systemd looks, as a user who may', async () => {
    expect((await project.units(['app.js'], { write: 'my units' })).next).toEqual([
      "next: sudo cp 'my units/shop.service' /etc/systemd/system/",
      '      sudo systemctl daemon-reload',
      '      sudo systemctl enable --now shop.service',
    ]);
    const account = { name: 'root', uid: 0, groups: [0], home: '/root' };
    const { next } = await project.units(['app.js'], { write: '/etc/systemd/system/' }, { account });
    expect(next).toEqual(['next: systemctl daemon-reload', '      systemctl enable --now shop.service']);
  });

  it('a directory that is missing is named, with the line that makes it', async () => {
    const { files } = await project.units(['app.js']);
    expect(() => writeFiles(files, 'units', project.cwd)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(`there is no directory ${project.cwd}/units`),
        fix: `make it: mkdir -p ${project.cwd}/units`,
      }),
    );
  });
});
