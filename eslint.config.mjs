import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const noEnv = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only src/config.ts reads the environment.',
};

const noQuery = {
  selector:
    "CallExpression[callee.object.property.name='workflow'][callee.property.name=/^(list|count)$/], " +
    "CallExpression[callee.property.name=/WorkflowExecutions$/] Property[key.name='query']",
  message: 'Only src/client/visibility-query.ts makes queries, so that no text from outside gets into one.',
};

/** All workflows of a worker share one copy of these modules (`preloadModules` in src/bundle.ts). */
const noState = ['', 'ExportNamedDeclaration > '].flatMap((exported) =>
  ["[kind='let']", ' > VariableDeclarator > NewExpression[callee.name=/^(Map|Set|WeakMap|WeakSet)$/]'].map((what) => ({
    selector: `Program > ${exported}VariableDeclaration${what}`,
    message: 'Workflows share this module: what it keeps would leak from one into another.',
  })),
);

export default tseslint.config(
  { ignores: ['lib/', 'node_modules/', '.durable-responses/', 'test/histories/'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'object-shorthand': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'URL',
          property: 'canParse',
          message: 'It is wrong in Node 20 and 22: see src/network/parse-url.ts.',
        },
      ],
      'max-lines': ['error', 200],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config.ts'],
    rules: { 'no-restricted-syntax': ['error', noEnv, noQuery] },
  },
  { files: ['src/client/visibility-query.ts'], rules: { 'no-restricted-syntax': ['error', noEnv] } },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/upstream/**'],
    rules: {
      'no-restricted-imports': 'off',
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'openai', allowTypeImports: true, message: 'Only src/upstream imports the OpenAI client.' }],
        },
      ],
    },
  },
  {
    // Workflow code is deterministic: it may import the SDK, the contracts and the names, and nothing that does I/O.
    files: [
      'src/workflows/**/*.ts',
      'src/contracts/**/*.ts',
      'src/cost/**/*.ts',
      'src/names.ts',
      'src/settings.ts',
      'src/depth.ts',
      'src/lost-payload.ts',
      'src/store/keys.ts',
      'src/security/failure-converter.ts',
    ],
    rules: {
      'no-restricted-syntax': ['error', noEnv, noQuery, ...noState],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'openai', allowTypeImports: true }],
          patterns: [
            {
              regex:
                '^(?!@temporalio/(workflow|common)$|\\./|\\.\\./contracts(/[a-z]+)?|\\.\\./names|\\.\\./settings|\\.\\./depth|\\.\\./lost-payload|\\.\\./cost/|\\.\\./store/keys).*',
              allowTypeImports: true,
              message:
                'Workflow code imports only @temporalio/workflow, @temporalio/common, contracts, names, settings and what is pure.',
            },
          ],
        },
      ],
    },
  },
  { files: ['test/**/*.ts'], rules: { 'max-lines': ['error', 400], 'max-lines-per-function': 'off' } },
);
