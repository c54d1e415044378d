// The form to sign in, in place of all else while the gateway does not know who asks.
import { button, byId, element } from '../dom/element.ts';
import { type Credentials, type Session, signIn } from '../gateway/session.ts';
import { problemOf } from '../problem.ts';
import type { PageStore } from '../state.ts';

export function signInForm(store: PageStore, onSession: (session: Session) => void): void {
  const section = byId('sign-in', HTMLElement);
  const name = field('Name', { autocomplete: 'username' });
  const password = field('Password', { type: 'password', autocomplete: 'current-password' });
  const token = field('Token', { type: 'password', autocomplete: 'off' });
  const said = element('p', { class: 'message bad', role: 'alert' });
  const submit = element('button', { type: 'submit', class: 'primary' }, 'Sign in');
  const other = button('', () => choose(token.row.hidden === true), { class: 'plain' });

  const choose = (byToken: boolean): void => {
    token.row.hidden = !byToken;
    for (const { row } of [name, password]) row.hidden = byToken;
    other.textContent = byToken ? 'Sign in with a name and a password' : 'Sign in with a token';
    said.textContent = '';
    (byToken ? token : name).input.focus();
  };
  const credentials = (): Credentials =>
    token.row.hidden
      ? { kind: 'password', name: name.input.value, password: password.input.value }
      : { kind: 'token', token: token.input.value.trim() };
  const take = async (): Promise<void> => {
    submit.disabled = true;
    said.textContent = '';
    try {
      const session = await signIn(credentials());
      for (const { input } of [password, token]) input.value = '';
      onSession(session);
    } catch (error) {
      said.textContent = signInProblem(error);
      const { input } = token.row.hidden ? password : token;
      input.select();
    } finally {
      submit.disabled = false;
    }
  };
  const form = element(
    'form',
    { class: 'sign-in-form', 'aria-label': 'Sign in' },
    element('h2', {}, 'Sign in'),
    element('p', { class: 'quiet' }, 'The logs of this gateway are for those it knows.'),
    ...[name, password, token].map(({ row }) => row),
    said,
    submit,
    other,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void take();
  });
  section.replaceChildren(form);
  store.watch(
    ({ visitor }) => visitor.kind === 'stranger',
    (stranger) => {
      section.hidden = !stranger;
      for (const id of ['main', 'parts']) byId(id, HTMLElement).hidden = stranger;
      if (stranger) choose(!token.row.hidden);
    },
  );
  token.row.hidden = true;
  other.textContent = 'Sign in with a token';
}

function field(text: string, attributes: Readonly<Record<string, string>>) {
  const input = element('input', { autocapitalize: 'off', spellcheck: 'false', ...attributes });
  return { input, row: element('label', {}, element('span', {}, text), input) };
}

function signInProblem(error: unknown): string {
  const { text, advice, kind } = problemOf(error);
  return kind === 'stranger' ? 'These are not known here.' : `${text} ${advice}`.trim();
}
