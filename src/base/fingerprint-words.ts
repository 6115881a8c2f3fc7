/** 256 words that differ in at least two letters each: one byte is one word. Changing the list changes every fingerprint. */
export const FINGERPRINT_WORDS: readonly string[] = `
  acorn actor album almond alpine amber anchor angle apple april apron arcade arrow aspen atlas attic
  autumn bacon badge bagel baker bamboo banjo barley basil basket beaver bench berry bishop bison
  bottle bridge bronze bubble bucket butter button cabin cactus camel candle canoe canyon carbon
  carpet carrot castle cedar cello cheese cherry chess cider cinema circle citrus clover cobalt cobble
  cocoa comedy comet copper coral cotton cousin crayon cuckoo cycle daisy dancer desert dinner doctor
  donkey dragon eagle easel echo elbow elm engine ermine fabric falcon fennel fiddle finch fjord flag
  flute forest fossil fox galaxy garden garlic gecko geyser ginger goblet grape gravel guitar hammer
  harbor hazel helmet hermit heron honey hotel igloo indigo iris island ivory jacket jaguar jelly
  jigsaw jungle kayak kettle kitten kiwi koala ladder lagoon lemon lily lime linen lizard lobster
  locket lotus lunar lynx magnet magpie mango maple marble market meadow melon meteor mint mirror
  monsoon mosaic moss muffin mustard nebula nectar needle nickel noodle nutmeg oasis oatmeal oboe
  ocean olive onion opal orbit orchid ostrich otter oyster paddle panda panther papaya peach pebble
  pelican pencil pepper piano picnic pigeon pillow pine planet plum pollen poppy potato prairie puzzle
  pyramid quartz quilt quokka rabbit radish raisin raven rhubarb ribbon river robin saffron sailor
  salmon sandal satin scarf season shadow silver sketch sparrow spider spruce stable sugar summer
  sunset teapot temple thimble thistle thunder ticket tiger tomato trumpet tulip tundra tunnel turtle
  valley vanilla velvet village violet violin vulture waffle walnut walrus whale window winter wombat
  yogurt zebra zenith zephyr zipper
`
  .trim()
  .split(/\s+/)
