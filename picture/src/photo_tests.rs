use super::*;

fn photo(width: usize, height: usize, colour: impl Fn(usize, usize) -> [u8; 4]) -> Photo {
    let pixels = (0..width * height).flat_map(|i| colour(i % width, i / width)).collect();
    Photo::new(width, height, pixels).unwrap()
}

fn grey(width: usize, height: usize, value: impl Fn(usize, usize) -> u8) -> Photo {
    photo(width, height, |x, y| {
        let v = value(x, y);
        [v, v, v, 255]
    })
}

#[test]
fn a_photo_has_as_many_bytes_as_its_size_says() {
    assert!(Photo::new(2, 2, vec![0; 15]).is_none());
    assert!(Photo::new(0, 2, vec![]).is_none());
    assert!(Photo::new(usize::MAX, 2, vec![0; 8]).is_none());
}

#[test]
fn the_ground_of_what_is_transparent_is_one_on_which_it_shows() {
    // A bar of ink on a transparent ground.
    let ground = |ink: [u8; 4]| {
        let on_nothing = photo(20, 20, |x, _| if x < 3 { ink } else { [0, 0, 0, 0] });
        on_nothing.pixels().2[20 * 4 - 4]
    };
    for (ink, wanted) in [
        ([0, 0, 0, 255], 255),
        ([120, 120, 120, 255], 255),
        ([255, 0, 0, 255], 255),
        ([255, 255, 0, 255], 255),
        ([255, 255, 255, 255], 0),
        ([230, 240, 250, 128], 0),
    ] {
        assert_eq!(ground(ink), wanted, "{ink:?}");
    }
    let half = photo(2, 1, |x, _| if x == 0 { [0, 0, 0, 128] } else { [0, 0, 0, 255] });
    assert_eq!(half.pixels().2, [127, 127, 127, 255, 0, 0, 0, 255]);
}

#[test]
fn a_dark_thing_on_white_and_a_bright_one_on_black_look_alike() {
    let inside = |x: usize, y: usize| (10..30).contains(&x) && (20..24).contains(&y);
    let draw = |on: u8, off: u8| grey(60, 50, move |x, y| if inside(x, y) { on } else { off });
    for (dark, bright) in [(draw(0, 255), draw(255, 0)), (draw(0, 120), draw(240, 120))] {
        for fit in [Fit::Writing, Fit::Thing] {
            assert!(dark.is_inverted([1, 28, 28], fit) && !bright.is_inverted([1, 28, 28], fit));
            let of = |photo: &Photo| photo.seen([1, 28, 28], fit, photo.is_inverted([1, 28, 28], fit)).unwrap().pixels;
            let (wide, high) = if fit == Fit::Thing { (28, 6) } else { (20, 4) };
            for pixels in [of(&dark), of(&bright)] {
                assert_eq!(pixels.iter().filter(|p| **p > 200).count(), wide * high, "{fit:?}");
                assert_eq!(pixels.iter().filter(|p| **p == 0).count(), 28 * 28 - wide * high, "{fit:?}");
            }
        }
    }
}

#[test]
fn only_pictures_of_28_by_28_grey_pixels_are_inverted_by_themselves() {
    let light = grey(40, 40, |x, _| if x == 20 { 30 } else { 220 });
    for fit in Fit::ALL {
        assert!(light.is_inverted([1, 28, 28], fit), "{fit:?}");
        assert!(!light.is_inverted([1, 32, 32], fit) && !light.is_inverted([3, 28, 28], fit), "{fit:?}");
    }
    let seen = |is_inverted| light.seen([1, 2, 2], Fit::Whole, is_inverted).unwrap().pixels;
    assert!(seen(false).iter().all(|p| *p > 180) && seen(true).iter().all(|p| *p < 75));
}

#[test]
fn colours_come_channel_by_channel() {
    let photo = photo(4, 4, |x, _| if x < 2 { [255, 0, 51, 255] } else { [0, 255, 51, 255] });
    let seen = photo.seen([3, 2, 2], Fit::Whole, true).unwrap();
    assert_eq!(seen.pixels, [255, 0, 255, 0, 0, 255, 0, 255, 51, 51, 51, 51]);
}

#[test]
fn nothing_stands_out_of_an_even_picture_nor_of_one_with_grain_or_a_shadow() {
    let noise = |x: usize, y: usize| ((x * 31 + y * 57 + x * y * 13) % 7) as u8;
    for blank in [
        grey(30, 30, |_, _| 255),
        grey(200, 150, |x, y| 180 + noise(x, y)),
        grey(200, 150, |x, y| 120 + (x / 4 + y / 5) as u8 + noise(x, y)),
    ] {
        for is_inverted in [false, true] {
            assert!(blank.seen([1, 28, 28], Fit::Writing, is_inverted).is_none());
        }
    }
    assert!(grey(30, 30, |_, _| 255).seen([1, 28, 28], Fit::Thing, true).is_none());
}
