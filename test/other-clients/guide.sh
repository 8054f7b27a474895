#!/usr/bin/env bash
# The curl lines of OpenAI's background guide: create, poll, cancel, stream, resume. Ids are those of the responses.
set -euo pipefail

idOf() { sed -n 's/.*"id": *"\(resp_[^"]*\)".*/\1/p' | head -n 1; }

create() {
  curl -sS --fail-with-body "$OPENAI_BASE_URL/responses" \
    -H "Content-Type: application/json" \
    -H "Authorization: Bearer $OPENAI_API_KEY" \
    -d "{
    \"model\": \"$1\",
    \"input\": \"Write a very long novel about otters in space.\",
    \"background\": true
  }"
}

check() {
  curl -sS --fail-with-body "$OPENAI_BASE_URL/responses/$1" \
    -H "Content-Type: application/json" \
    -H "Authorization: Bearer $OPENAI_API_KEY"
}

id=$(create o3 | idOf)
for _ in $(seq 60); do
  body=$(check "$id")
  case $body in *'"status":"completed"'* | *'"status": "completed"'*) echo "completed" && break ;; esac
  sleep 0.5
done

id=$(create emulator-slow | idOf)
curl -sS --fail-with-body -X POST "$OPENAI_BASE_URL/responses/$id/cancel" \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer $OPENAI_API_KEY" | tr '\n' ' ' | sed 's/.*"status": *"cancelled".*/cancelled/'
echo

curl -sS --fail-with-body "$OPENAI_BASE_URL/responses" \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer $OPENAI_API_KEY" \
  -d '{
    "model": "o3",
    "input": "Write a very long novel about otters in space.",
    "background": true,
    "stream": true
  }' > events.txt
echo "streamed: $(grep -c '^data: ' events.txt)"
id=$(grep -m 1 '^data: ' events.txt | grep -o 'resp_[0-9a-zA-Z]*' | head -n 1)
cursor=5
curl -sS --fail-with-body "$OPENAI_BASE_URL/responses/$id?stream=true&starting_after=$cursor" \
  -H "Authorization: Bearer $OPENAI_API_KEY" > rest.txt
echo "resumed: $(grep -c '^data: ' rest.txt)"
tail -n 4 events.txt | cmp - <(tail -n 4 rest.txt) && echo "same end"
