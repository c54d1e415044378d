// `skald completion`: scripts for shells, written from the list of commands.
import { type Command, exitCodes, type Flag, UsageError } from './command.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

/** The command itself; `all` lists every command when it runs, this one among them. */
export function completionCommand(all: () => Promise<readonly Command[]>): Command {
  return {
    name: 'completion',
    summary: 'print a script that completes commands and flags in a shell',
    usage: 'bash|zsh|fish',
    description: `
bash:  skald completion bash > ~/.local/share/bash-completion/completions/skald
zsh:   skald completion zsh > "\${fpath[1]}/_skald"
fish:  skald completion fish > ~/.config/fish/completions/skald.fish`,
    flags: [],
    words: { min: 1, max: 1 },
    wordChoices: shells,
    run: async ({ args, out }) => {
      const shell = shells.find((name) => name === args.words[0]);
      if (shell === undefined)
        throw new UsageError(`expected one of ${shells.join(', ')}, got "${args.words[0]}"`);
      await out.write(completionScript(shell, await all()));
      return exitCodes.success;
    },
  };
}

function completionScript(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return zshScript(commands);
    case 'fish':
      return fishScript(commands);
  }
}

const gatewayFlags = ['--config.file', '--print-config', '--version', '--help'];

const flagWords = (flags: readonly Flag[]): string =>
  [...flags.flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])])]
    .concat('--help')
    .join(' ');

/** Of flags with fixed values: `--output|-o) COMPREPLY=(…)`. */
function bashScript(commands: readonly Command[]): string {
  const cases = commands.map(({ name, flags, wordChoices }) => {
    const values = flags.flatMap(({ name: flag, short, choices }) =>
      choices === undefined
        ? []
        : [`        --${flag}${short === undefined ? '' : `|-${short}`}) words='${choices.join(' ')}' ;;\n`],
    );
    const others = [flagWords(flags), ...(wordChoices ?? [])].join(' ');
    return `    ${name})
      case "$before" in
${values.join('')}        *) words='${others}' ;;
      esac ;;
`;
  });
  return `# bash completion for skald
_skald() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${[...commands.map(({ name }) => name), 'help', ...gatewayFlags].join(' ')}'
  else
    case "\${COMP_WORDS[1]}" in
    help) words='${commands.map(({ name }) => name).join(' ')}' ;;
${cases.join('')}    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _skald skald
`;
}

function zshScript(commands: readonly Command[]): string {
  const described = (items: readonly (readonly [string, string])[]): string =>
    items.map(([name, summary]) => `'${name}:${single(summary).replaceAll(':', '\\:')}'`).join(' ');
  const cases = commands.map(({ name, flags, wordChoices }) => {
    const specs = flags.flatMap(({ name: flag, short, value, choices, repeated, summary }) =>
      [`--${flag}`, ...(short === undefined ? [] : [`-${short}`])].map((form) => {
        const action = choices === undefined ? '_default' : `(${choices.join(' ')})`;
        const argument = value === undefined ? '' : `:${value}:${action}`;
        return `'${repeated === true ? '*' : ''}${form}[${single(summary).replaceAll(/[[\]]/g, '\\$&')}]${argument}'`;
      }),
    );
    const words = wordChoices === undefined ? "'*:word:_default'" : `'1:word:(${wordChoices.join(' ')})'`;
    return `    ${name}) _arguments ${[...specs, words].join(' \\\n      ')} ;;\n`;
  });
  return `#compdef skald
_skald() {
  local -a commands
  commands=(${described(commands.map(({ name, summary }) => [name, summary]))} 'help:help on a command')
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
    help) _describe command commands ;;
${cases.join('')}  esac
}
if [ "$funcstack[1]" = _skald ]; then _skald "$@"; else compdef _skald skald; fi
`;
}

function fishScript(commands: readonly Command[]): string {
  const lines = ['# fish completion for skald', 'complete -c skald -n __fish_use_subcommand -f'];
  for (const { name, summary } of commands)
    lines.push(`complete -c skald -n __fish_use_subcommand -f -a ${name} -d '${single(summary)}'`);
  for (const { name, flags, wordChoices } of commands) {
    const condition = `-n '__fish_seen_subcommand_from ${name}'`;
    for (const { name: flag, short, value, choices, summary } of flags) {
      const letter = short === undefined ? '' : ` -s ${short}`;
      const argument =
        value === undefined ? '' : choices === undefined ? ' -r' : ` -x -a '${choices.join(' ')}'`;
      lines.push(`complete -c skald ${condition} -l ${flag}${letter}${argument} -d '${single(summary)}'`);
    }
    if (wordChoices !== undefined)
      lines.push(`complete -c skald ${condition} -f -a '${wordChoices.join(' ')}'`);
  }
  return `${lines.join('\n')}\n`;
}

/** Text inside single quotes of a shell. */
const single = (text: string): string => text.replaceAll("'", '’');
