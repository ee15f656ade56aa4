#!/usr/bin/env bash
# Speaks the clips of zh/ and en/ with espeak-ng. Run once; the clips are committed. Needs Debian's espeak-ng, sox and lame.
# To use another voice, put files of the same names into a folder and name it in the setting `voice_dir`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

clip() { # voice speed folder name text
  local wav
  wav=$(mktemp --suffix=.wav)
  espeak-ng -v "$1" -s "$2" -a 160 -w "$wav" "$5"
  # Silence at both ends is cut, so that clips played one after the other sound like one sentence; 16 kHz mono is plenty for a voice.
  sox -V1 "$wav" -t wav - silence 1 0.01 0.4% reverse silence 1 0.01 0.4% reverse norm -1 rate 16000 channels 1 pad 0 0.03 |
    lame --quiet -m m -b 24 --cbr - "$3/$4.mp3"
  rm -f "$wav"
}

mkdir -p zh en
zh() { clip cmn 165 zh "$1" "$2"; }
zh on 语音播报已开启
zh arrived 收款到账
zh yuan 元
zh point 点
digits=(零 一 二 三 四 五 六 七 八 九)
for n in {0..9}; do zh "$n" "${digits[n]}"; done
zh ten 十
zh hundred 百
zh thousand 千
zh wan 万
zh yi 亿
zh payments 笔
zh total 共

en() { clip en-us 160 en "$1" "$2"; }
en on "Voice is on"
en arrived "Received"
for n in {0..19} 20 30 40 50 60 70 80 90; do en "$n" "$n"; done
for word in yuan point hundred thousand million and payments; do en "$word" "$word"; done
en total "in total"
