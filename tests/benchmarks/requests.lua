-- What wrk sends: each time about another made-up person, and under a key of its own.
-- BENCH_METHOD and BENCH_PATH; BENCH_BODY with @CODE@, @GIVEN@, @FAMILY@ and @PHONE@ in it;
-- BENCH_TOKEN the bearer token; BENCH_FIRST the number of the first person; BENCH_KEYS what the
-- keys begin with; BENCH_LIMIT, where it is set, after how many answers to
-- say that it is enough.

local method, path = os.getenv("BENCH_METHOD"), os.getenv("BENCH_PATH")
local body = os.getenv("BENCH_BODY")
local nth = tonumber(os.getenv("BENCH_FIRST"))
local keys = os.getenv("BENCH_KEYS")
local limit = tonumber(os.getenv("BENCH_LIMIT") or "")
local headers = {
  ["Content-Type"] = "application/json",
  ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN"),
}
local marks = "0123456789ABCDEFHJKLMNPRSTUVWXY"

-- Codes of the 900-series: six hundred a day, the first 28 days of every month of 80 years.
local separators = "-YXWVU"
local function code(n)
  local number = 900 + n % 100
  n = math.floor(n / 100)
  local separator = n % 6 + 1
  n = math.floor(n / 6)
  local day, month, year = n % 28 + 1, math.floor(n / 28) % 12 + 1, math.floor(n / 336) % 80 + 20
  local digits = string.format("%02d%02d%02d", day, month, year)
  local mark = tonumber(digits .. number) % 31 + 1
  return digits .. separators:sub(separator, separator) .. number .. marks:sub(mark, mark)
end

local function word(n)
  local letters = {}
  for place = 1, 5 do
    letters[place] = string.char(97 + n % 26)
    n = math.floor(n / 26)
  end
  return table.concat(letters)
end

function request()
  nth = nth + 1
  headers["Idempotency-Key"] = keys .. nth
  if method == "GET" then
    return wrk.format(method, path, headers)
  end
  local person = {
    CODE = code(nth),
    GIVEN = "Etu" .. word(nth),
    FAMILY = "Suku" .. word(nth * 7919),
    PHONE = string.format("+358 40 %07d", nth),
  }
  return wrk.format(method, path, headers, (body:gsub("@(%u+)@", person)))
end

if limit then
  local answered = 0
  function response(status, _, text)
    answered = answered + 1
    if status > 299 and answered < 10 then
      print(status, text)
    end
    if answered == limit then
      print("ENOUGH")
      io.flush()
    end
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    'TOLD {"answers": %d, "microseconds": %d, "bad": %d}',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
