/** What Go's text/template makes of the same text and values, but for what is refused at once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SHAPE, VALUES } from './given-query.ts';
import { compileTemplate } from './template.ts';
import { TemplateError, TemplateFailure, type Value } from './value.ts';

const BOUNDS = { steps: 1000, characters: 1000 };
const compile = (source: string, bounds = BOUNDS) =>
  compileTemplate(source, { dot: SHAPE, bounds });

/** A template, and what comes out. */
const MADE: readonly (readonly [source: string, text: string])[] = [
  ['plain', 'plain'],
  ['{{ .Name }}', 'ab.example.'],
  ['{{.Name}}/{{.Zone}}', 'ab.example./example.'],
  ['a{{- .Name -}} b', 'aab.example.b'],
  ['a {{- " x " -}} b', 'a x b'],
  ['{{3}}{{- 4}}', '34'],
  ['{{-3}}', '-3'],
  ['{{/* c */}}x', 'x'],
  ['{{- /* c */ -}} x', 'x'],
  ['a\n{{- /* c */}} x', 'a x'],
  ['{{ .Group.a }}-{{ .Group.b }}', '1-2'],
  ['{{ index .Match 1 }}', 'a'],
  ['{{ index .Group "a" }}', '1'],
  ['{{ index .Group "zz" }}|', '|'],
  ['{{ len .Match }} {{ len .Name }} {{ len .Group }}', '4 11 3'],
  ['{{ if eq .Type "A" }}yes{{ else }}no{{ end }}', 'yes'],
  ['{{ if eq .Type "MX" "A" }}yes{{ end }}', 'yes'],
  ['{{ if ne .Type "A" }}1{{ else if lt 1 2 }}2{{ else }}3{{ end }}', '2'],
  ['{{ if and .Name (eq .Type "A") }}t{{ end }}', 't'],
  ['{{ or "" .Zone }}', 'example.'],
  ['{{ and .Name "" }}|', '|'],
  ['{{ not .Name }}', 'false'],
  ['{{ not "" }}', 'true'],
  ['{{ range .Match }}[{{ . }}]{{ end }}', '[ab.example.][a][b][c]'],
  ['{{ range $i, $m := .Match }}{{ $i }}={{ $m }};{{ end }}', '0=ab.example.;1=a;2=b;3=c;'],
  ['{{ range $k, $v := .Group }}{{ $k }}={{ $v }};{{ end }}', 'a=1;b=2;h=7b;'],
  ['{{ range 3 }}{{ . }}{{ end }}', '012'],
  ['{{ range $i := 3 }}{{ $i }}{{ end }}', '012'],
  ['{{ range .Empty }}x{{ else }}none{{ end }}', 'none'],
  [
    '{{ range $i, $m := .Match }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ if eq $i 3 }}{{ break }}{{ end }}{{ $m }}{{ end }}',
    'ab.example.b',
  ],
  ['{{ with .Group }}{{ .a }}{{ $.Name }}{{ end }}', '1ab.example.'],
  ['{{ with "" }}x{{ else }}y{{ end }}', 'y'],
  ['{{ with "" }}x{{ else with .Name }}{{ . }}{{ end }}', 'ab.example.'],
  ['{{ with $x := .Zone }}{{ $x }}{{ end }}', 'example.'],
  ['{{ $x := .Name }}{{ $x }}{{ $x = "b" }}{{ $x }}', 'ab.example.b'],
  ['{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $y := 3 }}{{ $y }}{{ end }}{{ $x }}', '32'],
  ['{{ $g := .Group }}{{ $g.a }}', '1'],
  ['{{ slice .Name 1 3 }}', 'b.'],
  ['{{ slice .Name 2 }}', '.example.'],
  ['{{ slice .Match 1 2 }}', '[a]'],
  ['{{ index .Name 0 }}', '97'],
  [
    '{{ lt 1 2 }}{{ le 2 2 }}{{ gt 1 2 }}{{ ge 2 2 }}{{ lt "a" "b" }}{{ lt 1.5 2.5 }}',
    'truetruefalsetruetruetrue',
  ],
  [
    "{{ 0x1f }} {{ 0b101 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }} {{ 'a' }} {{ '\\n' }} {{ 1.5 }} {{ 1e3 }} {{ 1.0 }} {{ -7 }} {{ +7 }} {{ .5 }}",
    '31 5 15 15 1000 97 10 1.5 1000 1 -7 7 0.5',
  ],
  ['{{ true }} {{ false }}', 'true false'],
  ['{{ `raw "x"` }}', 'raw "x"'],
  ['{{ "a\\tb\\x41\\u00e4\\101" }}', 'a\tbAäA'],
  ['{{ (index .Match 1) }}', 'a'],
  ['{{ (.Group).a }}', '1'],
  ['{{ .Question.Name }} {{ .Question.Qtype }}', 'Ab.example. 1'],
  ['{{ (index .Questions 0).Name }}', 'Ab.example.'],
  ['{{ .Meta "x/y" }}', '<x/y>'],
  ['{{ "x/y" | .Meta }}', '<x/y>'],
  ['{{ .Empty }}', '[]'],
  ['{{ .Match }} {{ .Group }}', '[ab.example. a b c] map[a:1 b:2 h:7b]'],
  ['{{ if .Empty }}x{{ end }}|', '|'],
  ['{{ eq nil .Name }}', 'false'],
  ['{{ or true (index .Match 9) }}', 'true'],
  ['{{ and false (index .Match 9) }}', 'false'],
  ['{{ (1) }}', '1'],
  ['{{.Name}}{{/* a */}}{{.Zone}}', 'ab.example.example.'],
  ['{{ range $i, $e := .Match }}{{ if $i }},{{ end }}{{ $e }}{{ end }}', 'ab.example.,a,b,c'],
  ['{{ with .Empty }}{{ else }}{{ .Name }}{{ end }}', 'ab.example.'],
  [
    '{{ if not (eq .Type "AAAA") }}{{ .Name }} 60 IN {{ .Type }} 1.2.3.4{{ end }}',
    'ab.example. 60 IN A 1.2.3.4',
  ],
];

/** A template, and what is wrong with it. */
const REFUSED: readonly (readonly [source: string, is: string])[] = [
  ['{{ .Foo }}', '".Foo" is unknown'],
  ['{{ foo }}', 'the function "foo" is unknown'],
  ['{{ .Name.Foo }}', '".Name.Foo" is unknown, since a string has no fields'],
  ['{{ .Name 1 }}', '".Name" takes no arguments'],
  ['{{ len }}', 'the function "len" has 0 arguments'],
  ['{{ if }}x{{ end }}', '{{ if }} is not complete'],
  ['{{ if .Name }}x', '{{ if .Name }} never ends'],
  ['{{ end }}', '{{ end }} belongs to nothing'],
  ['{{ else }}', '{{ else }} belongs to nothing'],
  ['{{ $y }}', 'the variable "$y" is unknown'],
  ['{{ .Name', '"{{ .Name" never ends'],
  ['{{ "abc }}', 'the quote of "abc }} never ends'],
  ['{{ 1 2 }}', 'a value takes no arguments, in {{ 1 2 }}'],
  ['{{ nil }}', 'nil is no command'],
  ['{{ | print }}', '"|" is out of place in {{ | print }}'],
  ['{{ .Name | "x" }}', 'a value gets no value, in {{ .Name | "x" }}'],
  ['{{ (1 }}', 'a "(" is never closed in {{ (1 }}'],
  ['{{ ) }}', '")" is out of place in {{ ) }}'],
  ['{{ break }}', '{{ break }} is outside of a loop'],
  ['{{ if .Name }}{{ else }}{{ else }}{{ end }}', '{{ else }} comes after {{else}}'],
  ['{{ $x = 1 }}', 'the variable "$x" is unknown'],
  ['{{ range .Name }}x{{ end }}', "{{range}} can't go through a string"],
  ['{{ .Match.a }}', '".Match.a" is unknown, since a list has no fields'],
  ['{{ 12abc }}', '"12abc" is no number'],
  ['{{ # }}', '"# }}" is no word of a template'],
  ['{{}}', '{{}} is not complete'],
  ["{{ 'ab' }}", "the quote of 'ab' }} never ends"],
  ['{{ .Name .Zone }}', '".Name" takes no arguments'],
  ['{{ 99999999999999999999 }}', '99999999999999999999 is too large'],
  ['{{/* x }}', '"{{/* x }}" never ends'],
  ['{{ /* x */ }}', '"/* x */ }}" is no word of a template'],
  ['{{ not }}', 'the function "not" has 0 arguments'],
  ['{{ and }}', 'the function "and" has 0 arguments'],
  ['{{ .Name.a.b }}', '".Name.a" is unknown, since a string has no fields'],
  ['{{ template "x" }}', 'Go has {{template}}, we do not'],
  ['{{ range $x := .Match }}{{ end }}{{ $x }}', 'the variable "$x" is unknown'],
];

/** A template, and why it can't be carried out. */
const FAILING: readonly (readonly [source: string, message: string])[] = [
  ['{{ eq 1 1.0 }}', "values of types int and float64 can't be compared"],
  ['{{ eq "a" 1 }}', "values of types string and int can't be compared"],
  ['{{ index .Match 9 }}', 'the index 9 is out of range'],
  ['{{ slice .Name 3 1 }}', 'slice goes from 3 to 1'],
  ['{{ printf 1 }}', "printf can't use a value of type int; expected a format"],
  ['{{ lt true false }}', "a comparison can't use a value of type bool; expected numbers or texts"],
  ['{{ index .Group 1 }}', "index can't use a value of type int; expected a text"],
  ['{{ index .Match "a" }}', "an index can't use a value of type string; expected a whole number"],
  ['{{ len 3 }}', "len can't use a value of type int; expected a text, a list or a map"],
  ['{{ and true (index .Match 9) }}', 'the index 9 is out of range'],
];

describe('a template', () => {
  for (const [source, text] of MADE) {
    test(`${JSON.stringify(source)} makes ${JSON.stringify(text)}`, () => {
      assert.equal(compile(source).execute(VALUES), text);
    });
  }
  for (const [source, is] of REFUSED) {
    test(`${JSON.stringify(source)} is refused`, () => {
      const refused = (error: unknown) =>
        error instanceof TemplateError && error.message.startsWith(`${is}; expected `);
      assert.throws(() => compile(source), refused);
    });
  }
  for (const [source, message] of FAILING) {
    test(`${JSON.stringify(source)} fails`, () => {
      assert.throws(() => compile(source).execute(VALUES), { name: 'TemplateFailure', message });
    });
  }

  test('names what there is', () => {
    const message = '".Question.Nam" is unknown; expected one of .Question.Name, .Question.Qtype';
    assert.throws(() => compile('{{ .Question.Nam }}'), { message });
    assert.throws(() => compile('{{ .Group.z }}'), /expected one of .Group.a, .Group.b, .Group.h$/);
  });

  test('has functions of its own', () => {
    const twice = {
      least: 1,
      most: 1,
      gives: SHAPE,
      call: ([value]: readonly Value[]) => [value, value],
    };
    const template = compileTemplate('{{ twice .Zone }}', {
      ...{ dot: SHAPE, bounds: BOUNDS },
      functions: { twice },
    });
    assert.equal(template.execute(VALUES), '[example. example.]');
  });

  test('knows whether it is always the same', () => {
    assert.equal(compile('a{{/* b */}}c').isConstant, true);
    assert.equal(compile('a{{ .Name }}').isConstant, false);
  });
});

describe('the bounds of a template', () => {
  const costly: readonly (readonly [source: string, message: RegExp])[] = [
    ['{{ range 1000000000 }}{{ end }}', /it takes too many steps/],
    ['{{ range 10000 }}{{ range 10000 }}x{{ end }}{{ end }}', /too many steps|characters/],
    ['{{ range 90 }}0123456789AB{{ end }}', /it makes more than 1000 characters/],
    ['{{ printf "%600s%600s" "" "" }}', /it makes more than 1000 characters/],
  ];
  for (const [source, message] of costly) {
    test(`${source} ends`, () => {
      assert.throws(() => compile(source).execute(VALUES), message);
    });
  }

  test('what doubles a text over and over ends', () => {
    const doubles = '{{ $x = print $x $x }}'.repeat(60);
    const source = `{{ $x := "0123456789" }}${doubles}`;
    assert.throws(() => compile(source).execute(VALUES), /it makes more than 1000 characters/);
  });

  for (const open of ['{{ if 1 }}', '{{ if 1 }}{{ else ', '{{ (']) {
    test(`${open} does not go on and on`, () => {
      assert.throws(() => compile(open.repeat(10_000)), TemplateError);
    });
  }

  test('no text does anything else', () => {
    const words = fc.constantFrom(
      ...[
        '{{',
        '}}',
        '{{-',
        '-}}',
        ' ',
        '.',
        '.Name',
        '.Group',
        '.Match',
        '$',
        '$x',
        ':=',
        '=',
        '|',
      ],
      ...[
        'if ',
        'else ',
        'end',
        'range ',
        'with ',
        'index ',
        'print ',
        'printf ',
        'slice ',
        'and ',
      ],
      ...[
        '"a"',
        '"%5.2v%d"',
        '`',
        "'b'",
        '(',
        ')',
        ',',
        '1',
        '-2',
        '1.5',
        'nil',
        'true',
        '/*',
        '*/',
      ],
    );
    const texts = fc.array(fc.oneof(words, fc.string()), { maxLength: 30 });
    fc.assert(
      fc.property(texts, (parts) => {
        try {
          compile(parts.join('')).execute(VALUES);
        } catch (error) {
          if (!(error instanceof TemplateError || error instanceof TemplateFailure)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
